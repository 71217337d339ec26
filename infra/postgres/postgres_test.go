package postgres_test

import (
	"cmp"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/postgres"
	"github.com/ghasi/smpp-connector/testkit/contract"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// migrations are the files that deploy/migrations compiles in. They are read
// from the tree here, because an adapter does not import deploy.
var migrations = os.DirFS("../../deploy/migrations")

// patience is how long a call may take on a machine that is busy elsewhere, where it is
// not the time that is tested.
const patience = time.Minute

// open returns a store on the database at url, prepared by our migrations. It has made
// and dropped the days of today already: those of a test may be long over.
func open(t testing.TB, url string) *postgres.DB {
	t.Helper()
	db := opened(t, postgres.Options{URL: url, Migrations: migrations})
	eventually(t, func() error { _, err := db.Parts(t.Context(), "nobody", "nothing"); return err })
	return db
}

// opened returns a store that has time for a connection and for each call, unless o says
// otherwise.
func opened(t testing.TB, o postgres.Options) *postgres.DB {
	t.Helper()
	o.URL += fmt.Sprintf("&connect_timeout=%.0f", patience.Seconds())
	o.CallTimeout = cmp.Or(o.CallTimeout, patience)
	db, err := postgres.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// US-SC-010, US-SC-011: the store keeps what every CorrelationStore promises.
func TestUSSC010PostgresKeepsTheContract(t *testing.T) {
	url := stack.Postgres(t)
	contract.CorrelationStore(t, func(t *testing.T) port.CorrelationStore { return open(t, url) })
}

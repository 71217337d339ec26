package postgres_test

import (
	"os"
	"testing"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/postgres"
	"github.com/ghasi/smpp-connector/testkit/contract"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// migrations are the files that deploy/migrations compiles in. They are read
// from the tree here, because an adapter does not import deploy.
var migrations = os.DirFS("../../deploy/migrations")

// open returns a store on the database at url, prepared by our migrations.
func open(t testing.TB, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(postgres.Options{URL: url, Migrations: migrations})
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

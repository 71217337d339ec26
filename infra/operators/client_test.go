package operators_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/operators"
	contract "github.com/ghasi/smpp-connector/proto"
	fake "github.com/ghasi/smpp-connector/testkit/operators"
)

// password is what no error may repeat.
const password = "hunter-2-hunter-2"

func account() *contract.SmppCredentials {
	a := fake.Account("awcc", "10.20.30.40:2775")
	a.Password = password
	return a
}

func client(t *testing.T, o operators.Options) *operators.Client {
	t.Helper()
	c, err := operators.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// US-SC-002: credentials fetched via GET /internal/operators/{id}/smpp-credentials, with every default filled in.
func TestUSSC002CredentialsAreFetchedAndCompleted(t *testing.T) {
	service := fake.Start(t)
	service.Put(account())
	got, err := client(t, operators.Options{URL: service.URL}).Fetch(t.Context(), "awcc")
	if err != nil {
		t.Fatal(err)
	}
	want := &contract.SmppCredentials{
		OperatorId: "awcc", Host: "10.20.30.40", Port: 2775, SystemId: "awcc", Password: password,
		InterfaceVersion: 0x34, AddressRange: &contract.AddressRange{}, Tls: &contract.TlsSettings{}, Window: 100,
		LongMessageStrategy: contract.LongMessageStrategy_CSMS, MessageIdRule: "as-is", DefaultAlphabet: "gsm7",
	}
	if !proto.Equal(got, want) {
		got.Password, want.Password = "", ""
		t.Errorf("got %v, want %v (passwords left out)", got, want)
	}
	if n := service.Requests("awcc"); n != 1 {
		t.Errorf("%d requests for one Fetch", n)
	}
}

// decisions.md, Session and bind: all fields of the answer, in the stories' names.
func TestUSSC002EveryFieldOfTheAnswerCounts(t *testing.T) {
	service := fake.Start(t)
	service.Say(http.StatusOK, "application/json", `{
		"operatorId":"awcc","host":"smsc.example","port":2776,"systemId":"ghasi","password":"p","systemType":"VMA",
		"interfaceVersion":51,"bindMode":"TX_RX","addressRange":{"ton":1,"npi":1,"range":"^937"},
		"tls":{"enabled":true,"pinsSha256":["YWJj"]},"tpsLimit":250,"window":10,"longMessageStrategy":"SAR",
		"messageIdRule":"hex-to-dec","defaultAlphabet":"latin1","sourceTon":5,"sourceNpi":0,"destinationTon":1,"destinationNpi":1,
		"sourceAddress":"Ghasi","backupOperatorId":"roshan","profile":"awcc","addedNextYear":{"deep":[1]}}`)
	got, err := client(t, operators.Options{URL: service.URL + "/"}).Fetch(t.Context(), "awcc")
	if err != nil {
		t.Fatal(err)
	}
	want := &contract.SmppCredentials{
		OperatorId: "awcc", Host: "smsc.example", Port: 2776, SystemId: "ghasi", Password: "p", SystemType: "VMA",
		InterfaceVersion: 51, BindMode: contract.BindMode_TX_RX, AddressRange: &contract.AddressRange{Ton: 1, Npi: 1, Range: "^937"},
		Tls:      &contract.TlsSettings{Enabled: true, ServerName: "smsc.example", MinVersion: "1.2", PinsSha256: []string{"YWJj"}},
		TpsLimit: 250, Window: 10, LongMessageStrategy: contract.LongMessageStrategy_SAR,
		MessageIdRule: "hex-to-dec", DefaultAlphabet: "latin1",
		SourceTon: proto.Uint32(5), SourceNpi: proto.Uint32(0), DestinationTon: proto.Uint32(1), DestinationNpi: proto.Uint32(1),
		SourceAddress: "Ghasi", BackupOperatorId: "roshan", Profile: "awcc",
	}
	if !proto.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestUSSC002OurConfigurationFillsInBeforeTheTable(t *testing.T) {
	service := fake.Start(t)
	a := account()
	a.TpsLimit, a.Profile = 77, "modem"
	a.Tls = &contract.TlsSettings{PinsSha256: []string{"theirs"}}
	service.Put(a)
	got, err := client(t, operators.Options{URL: service.URL, Defaults: func(operatorID, profile string) *contract.SmppCredentials {
		if operatorID != "awcc" || profile != "modem" {
			t.Errorf("defaults asked for operator %q and profile %q, want awcc and modem", operatorID, profile)
		}
		return &contract.SmppCredentials{Window: 5, TpsLimit: 10, Tls: &contract.TlsSettings{PinsSha256: []string{"ours"}}}
	}}).Fetch(t.Context(), "awcc")
	if err != nil {
		t.Fatal(err)
	}
	if got.Window != 5 || got.TpsLimit != 77 || got.MessageIdRule != "as-is" || len(got.Tls.PinsSha256) != 1 || got.Tls.PinsSha256[0] != "theirs" {
		t.Errorf("window %d, tps %d, id rule %s, pins %v; want ours (5), the answer's (77), the table's (as-is), the answer's alone",
			got.Window, got.TpsLimit, got.MessageIdRule, got.Tls.PinsSha256)
	}
}

// Hosts and host are one thing said in two ways: what the answer says takes the place of
// what the configuration says, whichever way that is. With TLS each host has its own name.
func TestUSSC002HostsTakeThePlaceOfHost(t *testing.T) {
	service := fake.Start(t)
	const secret = `"systemId":"ghasi","password":"p","tls":{"enabled":true}`
	for _, c := range []struct {
		ours, want *contract.SmppCredentials
		answer     string
	}{
		{&contract.SmppCredentials{Host: "h", Port: 1}, &contract.SmppCredentials{Hosts: []string{"a:1", "b:1"}}, `{"hosts":["a:1","b:1"],` + secret + `}`},
		{&contract.SmppCredentials{Hosts: []string{"c:1"}}, &contract.SmppCredentials{Hosts: []string{"a:1", "b:1"}}, `{"hosts":["a:1","b:1"],` + secret + `}`},
		{&contract.SmppCredentials{Hosts: []string{"c:1"}}, &contract.SmppCredentials{Host: "h", Port: 2}, `{"host":"h","port":2,` + secret + `}`},
		{&contract.SmppCredentials{Hosts: []string{"c:1"}}, &contract.SmppCredentials{Hosts: []string{"c:1"}}, `{` + secret + `}`},
	} {
		service.Say(http.StatusOK, "application/json", c.answer)
		got, err := client(t, operators.Options{URL: service.URL, Defaults: func(string, string) *contract.SmppCredentials { return c.ours }}).Fetch(t.Context(), "awcc")
		if err != nil {
			t.Errorf("%s: %v", c.answer, err)
			continue
		}
		if got.Host != c.want.Host || got.Port != c.want.Port || !slices.Equal(got.Hosts, c.want.Hosts) || got.Tls.ServerName != c.want.Host {
			t.Errorf("%s over %v: %v", c.answer, c.ours, got)
		}
	}
}

// What is wrong is named, all of it, and the password is in none of it.
func TestWrongAnswersAreNamedWithoutTheirValues(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want []string
	}{
		"nothing in it":      {`{}`, []string{"host is missing", "port is missing", "systemId is missing", "password is missing"}},
		"limits of nothing":  {`{"host":"h","port":1,"systemId":"s","password":"p","tpsLimit":0,"window":0.0}`, []string{"tpsLimit is 0, want 1 or more; leave it out", "window is 0, want 1 or more; leave it out"}},
		"empty and null":     {`{"host":"","port":0,"systemId":null,"password":""}`, []string{"host is missing", "port is missing", "systemId is missing", "password is missing"}},
		"password a number":  {`{"host":"h","port":1,"systemId":"s","password":20262026}`, []string{"password is a number"}},
		"password an object": {`{"host":"h","port":1,"systemId":"s","password":{"value":"` + password + `"}}`, []string{"password is an object"}},
		"port a word":        {`{"host":"h","port":"` + password + `","systemId":"s","password":"p"}`, []string{"port is a string"}},
		"port too large":     {`{"host":"h","port":70000,"systemId":"s","password":"p"}`, []string{"port is above 65535"}},
		"port negative":      {`{"host":"h","port":-1,"systemId":"s","password":"p"}`, []string{"port is a number that does not fit"}},
		"hosts and host":     {`{"host":"h","hosts":["a:1"],"systemId":"s","password":"p"}`, []string{"hosts is there together with host"}},
		"hosts without port": {`{"hosts":["a:1","b"],"systemId":"s","password":"p"}`, []string{"hosts[1] is not right: want a host name or address with its port"}},
		"hosts a text":       {`{"hosts":"a:1","systemId":"s","password":"p"}`, []string{"hosts is a string that does not fit"}},
		"host order":         {`{"hosts":["a:1"],"hostOrder":"random","systemId":"s","password":"p"}`, []string{"hostOrder is not a known value, want order or spread"}},
		"host a URL":         {`{"host":"smpp://h","port":1,"systemId":"s","password":"p"}`, []string{"host is not a host"}},
		"unknown enum":       {`{"host":"h","port":1,"systemId":"s","password":"p","bindMode":"` + password + `"}`, []string{"bindMode is not a known value, want one of TRX, TX, RX, TX_RX"}},
		"enum by number":     {`{"host":"h","port":1,"systemId":"s","password":"p","long_message_strategy":2}`, []string{"longMessageStrategy is a number"}},
		"systemId too long":  {`{"host":"h","port":1,"systemId":"0123456789abcdef","password":"p"}`, []string{"systemId has 16 octets, at most 15"}},
		"NUL in password":    {`{"host":"h","port":1,"systemId":"s","password":"p\u0000q"}`, []string{"password holds a NUL"}},
		"alphabet":           {`{"host":"h","port":1,"systemId":"s","password":"p","defaultAlphabet":"ebcdic"}`, []string{"defaultAlphabet", "latin9"}},
		"its own backup":     {`{"host":"h","port":1,"systemId":"s","password":"p","backupOperatorId":"awcc"}`, []string{"backupOperatorId"}},
		"another operator":   {`{"operatorId":"roshan","host":"h","port":1,"systemId":"s","password":"p"}`, []string{"operatorId is another operator's"}},
		"ton of two octets":  {`{"host":"h","port":1,"systemId":"s","password":"p","sourceTon":256}`, []string{"sourceTon is above 255"}},
		"tls version":        {`{"host":"h","port":1,"systemId":"s","password":"p","tls":{"enabled":true,"minVersion":"1.0"}}`, []string{"tls.minVersion"}},
		"an array":           {`[{"password":"` + password + `"}]`, []string{"not one JSON object"}},
		"cut off":            {`{"password":"` + password + ``, []string{"not one JSON object"}},
		"two objects":        {`{"host":"h"}{"password":"` + password + `"}`, []string{"not one JSON object"}},
		"null":               {`null`, []string{"not one JSON object"}},
		"empty":              {``, []string{"not one JSON object"}},
	} {
		t.Run(name, func(t *testing.T) {
			service := fake.Start(t)
			service.Say(http.StatusOK, "application/json", c.body)
			_, err := client(t, operators.Options{URL: service.URL}).Fetch(t.Context(), "awcc")
			var wrong *operators.AnswerError
			if !errors.As(err, &wrong) {
				t.Fatalf("got %v, want an AnswerError", err)
			}
			for _, want := range append(c.want, "awcc", "operator-management-service") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			refuseSecrets(t, err)
		})
	}
}

func refuseSecrets(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{password, "20262026"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error repeats a secret: %d octets of it", len(secret))
		}
	}
}

// decisions.md: a credentials service that is down, slow or wrong.
func TestServiceThatIsDownSlowOrWrongIsAClearError(t *testing.T) {
	for name, c := range map[string]struct {
		condition func(*fake.Service)
		want      string
	}{
		"down":         {func(s *fake.Service) { s.Down() }, "cannot be reached"},
		"slow":         {func(s *fake.Service) { s.Slow(time.Minute) }, "has not answered within 100ms"},
		"a web page":   {func(s *fake.Service) { s.HTML() }, "text/html, want application/json; is OPERATOR_MANAGEMENT_URL the service's address?"},
		"no type":      {func(s *fake.Service) { s.Say(200, "", "{}") }, "want application/json"},
		"broken":       {func(s *fake.Service) { s.Fail(503) }, "answered 503"},
		"forbidden":    {func(s *fake.Service) { s.Fail(403) }, "must let this connector read credentials"},
		"redirect":     {func(s *fake.Service) { s.Fail(302) }, "a redirect"},
		"hangs up":     {func(s *fake.Service) { s.HangUp() }, "broke off its answer: unexpected EOF"},
		"endless":      {func(s *fake.Service) { s.Say(200, "application/json", strings.Repeat(" ", 1<<20+1)) }, "longer than 1048576 octets"},
		"empty answer": {func(s *fake.Service) { s.Say(204, "", "") }, "answered 204"},
	} {
		t.Run(name, func(t *testing.T) {
			service := fake.Start(t)
			service.Put(account())
			var facts heard
			timeout := time.Minute
			if name == "slow" {
				timeout = 100 * time.Millisecond
			}
			fetcher := client(t, operators.Options{URL: strings.Replace(service.URL, "//", "//user:"+password+"@", 1), Timeout: timeout, Listener: &facts})
			c.condition(service)
			_, err := fetcher.Fetch(t.Context(), "awcc")
			var down *operators.ServiceError
			if !errors.As(err, &down) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "awcc") {
				t.Fatalf("got %v, want a ServiceError that names awcc and says %q", err, c.want)
			}
			refuseSecrets(t, err)
			service.Up()
			_, err = fetcher.Fetch(t.Context(), "awcc")
			for end := time.Now().Add(time.Minute); name == "slow" && err != nil && time.Now().Before(end); { // 100 ms may be too short for a busy machine too
				_, err = fetcher.Fetch(t.Context(), "awcc")
			}
			if err != nil {
				t.Errorf("after the service is well again: %v", err)
			}
			if got := facts.updown(); got != "down up" {
				t.Errorf("heard %q, want one fact for each change: down up", got)
			}
		})
	}
}

func TestUnknownOperatorIsToldFromAServiceThatIsDown(t *testing.T) {
	service := fake.Start(t)
	var facts heard
	fetcher := client(t, operators.Options{URL: service.URL, Listener: &facts})
	if _, err := fetcher.Fetch(t.Context(), "nobody"); !errors.Is(err, port.ErrUnknownOperator) || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("got %v, want ErrUnknownOperator that names nobody", err)
	}
	if got := facts.updown(); got != "up" {
		t.Errorf("heard %q; a service that does not know an operator is up", got)
	}
	service.Say(404, "text/html", "<title>nginx</title>")
	if _, err := fetcher.Fetch(t.Context(), "awcc"); !errors.Is(err, port.ErrUnknownOperator) || !strings.Contains(err.Error(), "OPERATOR_MANAGEMENT_URL") {
		t.Errorf("got %v, want ErrUnknownOperator with a hint at the address", err)
	}
}

func TestOddIDsAndAddressesAreRefusedBeforeARequest(t *testing.T) {
	service := fake.Start(t)
	fetcher := client(t, operators.Options{URL: service.URL})
	for _, id := range []string{"", "../admin", "a/b", "a b", strings.Repeat("x", 65)} {
		if _, err := fetcher.Fetch(t.Context(), id); err == nil {
			t.Errorf("operator id %q was asked for", id)
		}
	}
	for _, url := range []string{"", "operator-management:8080", "ftp://h", "http://", "http://user:" + password + "@h:port"} {
		_, err := operators.New(operators.Options{URL: url})
		if err == nil || !strings.Contains(err.Error(), "OPERATOR_MANAGEMENT_URL") {
			t.Errorf("base URL of %d octets: got %v, want an error that names the variable", len(url), err)
			continue
		}
		refuseSecrets(t, err)
	}
}

// A caller that gives up says nothing about the service.
func TestAbandonedFetchReportsNothing(t *testing.T) {
	service := fake.Start(t)
	service.Slow(time.Minute)
	var facts heard
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := client(t, operators.Options{URL: service.URL, Listener: &facts}).Fetch(ctx, "awcc"); err == nil {
		t.Error("an abandoned Fetch succeeded")
	}
	if got := facts.updown(); got != "" {
		t.Errorf("heard %q, want nothing", got)
	}
}

// heard collects DependencyChanged facts.
type heard struct {
	mu    sync.Mutex
	facts []event.DependencyChanged
}

func (h *heard) On(f event.Fact) {
	if changed, ok := f.(event.DependencyChanged); ok {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.facts = append(h.facts, changed)
	}
}

func (h *heard) updown() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var words []string
	for _, f := range h.facts {
		if f.Up {
			words = append(words, "up")
		} else {
			words = append(words, "down")
		}
	}
	return strings.Join(words, " ")
}

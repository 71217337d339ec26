package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/config"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/operators"
	"github.com/ghasi/smpp-connector/testkit/smsc"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// decisions.md 002/005: an account at two hosts, with the real servers. The first one goes away: the
// bind is at the second after one step of the backoff, and the receipt of what went over
// the first matches there. When the first is back the bind stays, until it is told.
func TestAnAccountAtTwoHosts(t *testing.T) {
	c := newCluster(t)
	var err error
	if c.mno, err = smsc.Listen(stack.FreeAddr(t)); err != nil { // an address that stays its own: it comes back there
		t.Fatal(err)
	}
	t.Cleanup(c.mno.Close)
	second := smsc.Start(t, smsc.FirstID(1_000_000))
	account := operators.Account("awcc", c.mno.Addr())
	account.Host, account.Port, account.Hosts = "", 0, []string{c.mno.Addr(), second.Addr()}
	c.service.Put(account)
	c.launch(t, "BACKOFF=300ms")
	c.connect(t)
	awaitBound(t, c.mno, c.app, 1)
	submitted, receipt, health := c.listen(t, contract.SubjectSubmitted), c.listen(t, contract.SubjectDLRInbound), c.listen(t, contract.SubjectOperatorHealth)
	boundAt := func(address string) {
		t.Helper()
		for e := health(""); e.body["state"] != "BOUND" || e.body["host"] != address; e = health("") {
		}
		eventually(t, "binds shows "+address, func() bool {
			status, out, _ := call(t, "binds", "--nats", c.server.URL, "--nkey-seed-file", c.server.SeedFile)
			return status == 0 && strings.Contains(out, address)
		})
	}
	boundAt(c.mno.Addr())
	c.send(t, `{"messageId":"m1","to":"+93700000001","text":"Hello"}`)
	id := submitted("m1").body["operatorMessageIds"].([]any)[0].(string)

	c.mno.Close()
	boundAt(second.Addr())
	second.Do(smsc.SendReceipt(id))
	if e := receipt("m1"); e.body["status"] != "DELIVERED" {
		t.Errorf("%v", e.body)
	}
	c.send(t, `{"messageId":"m2","to":"+93700000001","text":"Hello again"}`)
	submitted("m2")

	again, err := smsc.Listen(c.mno.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(again.Close)
	if again.Counts().Binds != 0 || second.Counts().Bound != 1 {
		t.Error("the bind went back by itself")
	}
	if status, _, complaints := call(t, "binds", "rebind", "awcc.trx.1", "--yes", "--nats", c.server.URL, "--nkey-seed-file", c.server.SeedFile); status != 0 {
		t.Errorf("rebind: exit status %d: %s", status, complaints)
	}
	boundAt(again.Addr())
	if n := second.Counts().Accepted; n != 1 {
		t.Errorf("the second host accepted %d messages, want m2", n)
	}
}

// With TLS each host is verified by its own name, unless tls.serverName says otherwise.
func TestEachHostIsVerifiedByItsOwnName(t *testing.T) {
	byName, byAddress := certificateFor(t, "localhost", nil), certificateFor(t, "", net.IPv4(127, 0, 0, 1))
	a, b := smsc.Start(t, smsc.TLS(byName.server)), smsc.Start(t, smsc.TLS(byAddress.server))
	at := func(host string, mno *smsc.Server) string {
		_, port, _ := net.SplitHostPort(mno.Addr())
		return net.JoinHostPort(host, port)
	}
	for _, c := range []struct {
		serverName   string
		hosts        []string
		first, other bool // whether they are verified
	}{
		{"", []string{at("localhost", a), at("127.0.0.1", b)}, true, true},
		{"", []string{at("127.0.0.1", a), at("localhost", b)}, false, false},
		{"localhost", []string{at("127.0.0.1", a), at("localhost", b)}, true, false},
	} {
		op := config.Operator{Hosts: c.hosts, Profile: config.Profile{TLS: config.TLS{Enabled: true, ServerName: c.serverName, CA: byName.pem + byAddress.pem}}}
		hosts, err := (&accounts{}).hostsOf(op, op.ID)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []bool{c.first, c.other} {
			conn, err := hosts[i].Dial(t.Context())
			if (err == nil) != want {
				t.Errorf("server name %q, host %s: %v", c.serverName, hosts[i].Address, err)
			}
			if err == nil {
				_ = conn.Close()
			}
		}
	}
}

// certificate is a server's, which signs itself.
type certificate struct {
	server *tls.Config
	pem    string
}

func certificateFor(t *testing.T, name string, ip net.IP) certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true}
	if name != "" {
		template.DNSNames = []string{name}
	}
	if ip != nil {
		template.IPAddresses = []net.IP{ip}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return certificate{&tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}},
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
}

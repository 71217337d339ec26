package line

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/config"
)

// authority is a CA made for one test.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  string
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return authority{key, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
}

func (a authority) issue(t *testing.T, name string, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// serve accepts one connection after the other and completes their handshakes.
func serve(t *testing.T, c *tls.Config) (host, port string) {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_ = conn.(*tls.Conn).Handshake()
				_, _ = conn.Read(make([]byte, 1))
			}()
		}
	}()
	host, port, _ = net.SplitHostPort(l.Addr().String())
	return host, port
}

func dial(t *testing.T, host, port string, s config.TLS) error {
	t.Helper()
	dial, err := Dialer(Options{Host: host, Port: port, TLS: s})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conn, err := dial(ctx)
	if err == nil {
		defer conn.Close()
	}
	return err
}

func TestTLSIsVerified(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	good := ca.issue(t, "smsc.example", time.Now().Add(time.Hour))
	expired := ca.issue(t, "smsc.example", time.Now().Add(-time.Hour))
	leaf, err := x509.ParseCertificate(good.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	pin := base64.StdEncoding.EncodeToString(sum[:])
	for _, c := range []struct {
		name   string
		server tls.Certificate
		s      config.TLS
		want   string // part of the error; "" for a connection
	}{
		{"the right one", good, config.TLS{CA: ca.pem, ServerName: "smsc.example"}, ""},
		{"pinned", good, config.TLS{CA: ca.pem, ServerName: "smsc.example", Pins: []string{pin}}, ""},
		{"another pin", good, config.TLS{CA: ca.pem, ServerName: "smsc.example", Pins: []string{"AAAA"}}, "pinned"},
		{"another name", good, config.TLS{CA: ca.pem, ServerName: "other.example"}, "other.example"},
		{"no name given: the host counts", good, config.TLS{CA: ca.pem}, "127.0.0.1"},
		{"another CA", good, config.TLS{CA: other.pem, ServerName: "smsc.example"}, "unknown authority"},
		{"expired", expired, config.TLS{CA: ca.pem, ServerName: "smsc.example"}, "expired"},
		{"CA that is none", good, config.TLS{CA: "nonsense"}, "tls.ca"},
	} {
		t.Run(c.name, func(t *testing.T) {
			host, port := serve(t, &tls.Config{Certificates: []tls.Certificate{c.server}})
			c.s.Enabled = true
			err := dial(t, host, port, c.s)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestTLS12IsRefusedWhere13IsWanted(t *testing.T) {
	ca := newAuthority(t)
	host, port := serve(t, &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "smsc.example", time.Now().Add(time.Hour))}, MaxVersion: tls.VersionTLS12})
	if err := dial(t, host, port, config.TLS{Enabled: true, CA: ca.pem, ServerName: "smsc.example", MinVersion: "1.3"}); err == nil {
		t.Error("connected with TLS 1.2")
	}
}

func leafOf(t *testing.T, pair tls.Certificate) *x509.Certificate {
	t.Helper()
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

func TestTheClientShowsItsCertificate(t *testing.T) {
	ca := newAuthority(t)
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	seen := make(chan string, 2)
	server := ca.issue(t, "smsc.example", time.Now().Add(30*time.Minute))
	host, port := serve(t, &tls.Config{Certificates: []tls.Certificate{server},
		MaxVersion: tls.VersionTLS12, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
		VerifyConnection: func(s tls.ConnectionState) error { seen <- s.PeerCertificates[0].Subject.CommonName; return nil }})
	client := ca.issue(t, "esme", time.Now().Add(time.Hour))
	key, err := x509.MarshalECPrivateKey(client.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	s := config.TLS{Enabled: true, CA: ca.pem, ServerName: "smsc.example",
		ClientCertificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: client.Certificate[0]})),
		ClientKey:         config.Secret(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: key}))}
	if err := dial(t, host, port, s); err != nil {
		t.Fatal(err)
	}
	if got := <-seen; got != "esme" {
		t.Errorf("the server saw %q", got)
	}
	ends := map[bool]time.Time{}
	dialer, err := Dialer(Options{Host: host, Port: port, TLS: s, Certificate: func(ours bool, at time.Time) { ends[ours] = at }})
	if err != nil {
		t.Fatal(err)
	}
	if own, known := ends[true]; len(ends) != 1 || !known || !own.Equal(leafOf(t, client).NotAfter) {
		t.Errorf("before a connection: %v", ends)
	}
	conn, err := dialer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if !ends[false].Equal(leafOf(t, server).NotAfter) { // it ends before the CA does
		t.Errorf("of the MNO: %v, want %v", ends[false], leafOf(t, server).NotAfter)
	}
	s.ClientKey = "nonsense"
	if err := dial(t, host, port, s); err == nil || strings.Contains(err.Error(), "nonsense") {
		t.Errorf("%v", err)
	}
}

// US-SC-032: the address of our end can be chosen; one that is none, or not of
// this machine, is an error and not another address.
func TestUSSC032TheSourceAddressIsChosen(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	host, port, _ := net.SplitHostPort(l.Addr().String())
	dial, err := Dialer(Options{Host: host, Port: port, SourceIP: "127.0.0.9"})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got, _, _ := net.SplitHostPort(conn.LocalAddr().String()); got != "127.0.0.9" {
		t.Errorf("connected from %s", got)
	}
	if _, err := Dialer(Options{Host: host, Port: port, SourceIP: "localhost"}); err == nil {
		t.Error("a name is taken for an address")
	}
	dial, err = Dialer(Options{Host: host, Port: port, SourceIP: "192.0.2.1"}) // TEST-NET-1: nobody's
	if err != nil {
		t.Fatal(err)
	}
	if conn, err := dial(t.Context()); err == nil {
		conn.Close()
		t.Error("connected from an address that is not of this machine")
	}
}

// A peer that accepts and then says nothing costs the handshake's time, no more.
func TestTheHandshakeIsBounded(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	host, port, _ := net.SplitHostPort(l.Addr().String())
	dial, err := Dialer(Options{Host: host, Port: port, Handshake: 50 * time.Millisecond, TLS: config.TLS{Enabled: true}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := dial(ctx); err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "no TLS within 50ms") {
		t.Errorf("%v, %v", err, ctx.Err())
	}
}

// What the log and the page say of a dial that failed names the address once, and what
// is to be done about it.
func TestADialThatFailsSaysSoOnce(t *testing.T) {
	const host, port, address = "127.0.0.1", "1", "127.0.0.1:1" // where nobody listens, today or tomorrow
	for want, o := range map[string]Options{
		"connect to " + address + ": connection refused":                    {Host: host, Port: port},
		"connect to " + address + ": bind: cannot assign requested address": {Host: host, Port: port, SourceIP: "192.0.2.1"},
		"connect to no-such-host.invalid:2775: lookup no-such-host.invalid": {Host: "no-such-host.invalid", Port: "2775"},
	} {
		dial, err := Dialer(o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := dial(t.Context()); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

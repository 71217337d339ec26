// Package line opens the connection to an MNO: TCP, and TLS on top of it where
// the operator says so. TLS is verified, always: the chain, the host name, and
// the pins where there are any. There is no setting that turns that off.
package line

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"time"

	"github.com/ghasi/smpp-connector/config"
)

// keepAlive is the interval of TCP's own probes, for MNOs that refuse enquire_link.
const keepAlive = 30 * time.Second

// Options say how an MNO is reached.
type Options struct {
	Host, Port string
	SourceIP   string        // of our end; empty: the system chooses
	Connect    time.Duration // bound on TCP; 0: the context's
	Handshake  time.Duration // bound on TLS on top of it; 0: the context's
	TLS        config.TLS
	// Certificate hears when certificates end: the one that is ours when the Dialer is
	// made, and of the MNO's verified chain whichever ends first at each connection. nil: nobody does.
	Certificate func(ours bool, ends time.Time)
}

// Dialer returns how to reach an MNO. An error is an address, a certificate, a key
// or a version in the settings that cannot be used.
func Dialer(o Options) (func(context.Context) (net.Conn, error), error) {
	address := net.JoinHostPort(o.Host, o.Port)
	dialer := &net.Dialer{KeepAlive: keepAlive, Timeout: o.Connect}
	if o.SourceIP != "" {
		ip, err := netip.ParseAddr(o.SourceIP)
		if err != nil {
			return nil, fmt.Errorf("link.sourceIp %q: want an address of this machine, as in 10.0.0.7", o.SourceIP)
		}
		dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, 0))
	}
	plain := func(ctx context.Context) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, "tcp", address)
		if err != nil {
			return nil, fmt.Errorf("connect to %s: %w", address, cause(err))
		}
		return conn, nil
	}
	if !o.TLS.Enabled {
		return plain, nil
	}
	settings, err := clientConfig(o.Host, o.TLS)
	if err != nil {
		return nil, err
	}
	if o.Certificate != nil {
		for _, own := range settings.Certificates {
			o.Certificate(true, own.Leaf.NotAfter)
		}
	}
	return func(ctx context.Context) (net.Conn, error) {
		conn, err := plain(ctx)
		if err != nil {
			return nil, err
		}
		if o.Handshake > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeoutCause(ctx, o.Handshake, fmt.Errorf("no TLS within %v", o.Handshake))
			defer cancel()
		}
		secure := tls.Client(conn, settings)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			return nil, fmt.Errorf("connect to %s with TLS: %w", address, err)
		}
		if o.Certificate != nil {
			o.Certificate(false, chainEnds(secure.ConnectionState()))
		}
		return secure, nil
	}, nil
}

// chainEnds is when the MNO's chain ends: of several that are verified, the one that holds longest.
func chainEnds(state tls.ConnectionState) (ends time.Time) {
	for _, chain := range state.VerifiedChains {
		first := chain[0].NotAfter
		for _, certificate := range chain[1:] {
			if certificate.NotAfter.Before(first) {
				first = certificate.NotAfter
			}
		}
		if first.After(ends) {
			ends = first
		}
	}
	return ends
}

// cause is a dial's error without what stands around it already: the address, and that
// it was to connect.
func cause(err error) error {
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		err = dial.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) && call.Syscall == "connect" {
		err = call.Err
	}
	return err
}

func clientConfig(host string, s config.TLS) (*tls.Config, error) {
	c := &tls.Config{ServerName: s.ServerName, MinVersion: tls.VersionTLS12}
	if c.ServerName == "" {
		c.ServerName = host
	}
	if s.MinVersion == "1.3" {
		c.MinVersion = tls.VersionTLS13
	}
	if s.CA != "" {
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM([]byte(s.CA)) {
			return nil, errors.New("tls.ca: no certificate in it: want PEM")
		}
	}
	if s.ClientCertificate != "" {
		pair, err := tls.X509KeyPair([]byte(s.ClientCertificate), []byte(s.ClientKey.Reveal()))
		if err != nil {
			return nil, errors.New("tls.clientCertificate and tls.clientKey: not a pair of PEM certificate and key")
		}
		c.Certificates = []tls.Certificate{pair}
	}
	if len(s.Pins) > 0 {
		c.VerifyConnection = func(state tls.ConnectionState) error { return pinned(state, s.Pins) }
	}
	return c, nil
}

// pinned wants one of the pins in the verified chain: base64 of SHA-256 over a
// certificate's public key (SPKI, RFC 7469 §2.4).
func pinned(state tls.ConnectionState, pins []string) error {
	for _, chain := range state.VerifiedChains {
		for _, certificate := range chain {
			sum := sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
			if slices.Contains(pins, base64.StdEncoding.EncodeToString(sum[:])) {
				return nil
			}
		}
	}
	return errors.New("no public key of the peer's chain is pinned: compare tls.pinsSha256 with the MNO's certificates")
}

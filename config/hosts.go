package config

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// HostOrder says which of an MNO's hosts a bind dials first. The others are dialled in
// their order, one at once after the other, when that one does not take the bind.
type HostOrder string

// The orders.
const (
	HostsInOrder HostOrder = "order"  // the first of the list: the others are for when it is away
	HostsSpread  HostOrder = "spread" // by the bind's number: binds 1, 2, 3 … begin at hosts 1, 2, 3 …
)

// maxHosts bounds the list: an attempt to bind may dial all of them.
const maxHosts = 16

const wantHosts = `a list of addresses with their ports, as in [a.example:2775, "[2001:db8::7]:2775"]`

// Endpoints are the addresses at which the MNO takes binds, host:port, in the order of
// the configuration: one, or more where it has `hosts`; none where nothing is said.
func (o *Operator) Endpoints() []string {
	switch {
	case len(o.Hosts) > 0:
		return o.Hosts
	case o.Host == "":
		return nil
	}
	return []string{net.JoinHostPort(o.Host, strconv.Itoa(int(o.Port)))}
}

// CheckEndpoint answers with nothing, or with what is wanted in place of an address of
// an MNO's host.
func CheckEndpoint(address string) (want string) {
	host, port, err := net.SplitHostPort(address)
	if err != nil && strings.Count(address, ":") > 1 && !strings.ContainsAny(address, "/[") {
		return `an IPv6 address in brackets, with its port, as in "[2001:db8::7]:2775"`
	}
	if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n == 0 ||
		host == "" || len(host) > 253 || strings.ContainsAny(host, " \t\r\n/@,%") {
		return "a host name or address with its port, as in a.example:2775, without a scheme"
	}
	return ""
}

// sameEndpoint reports whether two addresses are written for the same host and port.
func sameEndpoint(a, b string) bool {
	host1, port1, err1 := net.SplitHostPort(a)
	host2, port2, err2 := net.SplitHostPort(b)
	if err1 != nil || err2 != nil || strings.TrimLeft(port1, "0") != strings.TrimLeft(port2, "0") {
		return false
	}
	ip1, err1 := netip.ParseAddr(host1)
	ip2, err2 := netip.ParseAddr(host2)
	if err1 == nil && err2 == nil {
		return ip1.Unmap() == ip2.Unmap()
	}
	return strings.EqualFold(strings.TrimSuffix(host1, "."), strings.TrimSuffix(host2, "."))
}

// checkHosts holds the list to its rules, each address by itself.
func (o *Operator) checkHosts(prefix string) (complaints []error) {
	complain := func(path, shape, want string) {
		complaints = append(complaints, &Complaint{Path: prefix + path, Env: "SMPP_HOSTS", Shape: shape, Want: want})
	}
	if len(o.Hosts) > 0 && (o.Host != "" || o.Port != 0) {
		complain("hosts", fmt.Sprintf("a list of %d", len(o.Hosts)), "either hosts, or host and port, not both: put the one address into the list, or leave the list out")
	}
	if len(o.Hosts) > maxHosts {
		complain("hosts", fmt.Sprintf("a list of %d", len(o.Hosts)), fmt.Sprintf("at most %d addresses", maxHosts))
	}
	for i, address := range o.Hosts {
		at := fmt.Sprintf("hosts[%d]", i)
		if want := CheckEndpoint(address); want != "" {
			complain(at, shapeOf(address, false), want)
			continue
		}
		if before := slices.IndexFunc(o.Hosts[:i], func(b string) bool { return sameEndpoint(b, address) }); before >= 0 {
			complain(at, shapeOf(address, false), fmt.Sprintf("another address than hosts[%d]: each host once", before))
		}
	}
	return complaints
}

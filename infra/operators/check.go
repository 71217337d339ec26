package operators

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghasi/smpp-connector/config"
	contract "github.com/ghasi/smpp-connector/proto"
)

// The longest values that fit the bind PDUs (SMPP 3.4 §4.1), without their final
// NUL. A password may be longer than the 8 of the spec: MNOs hand such out.
const (
	maxSystemID     = 15
	maxSystemType   = 12
	maxAddressRange = 40
)

// checkHosts lists what is wrong with the hosts of an MNO that has several. That each is
// named once is demanded where the answer is merged (config.Operator.Merge).
func checkHosts(a *contract.SmppCredentials) (faults []Fault) {
	if len(a.Hosts) > 0 && (a.Host != "" || a.Port != 0) {
		faults = append(faults, Fault{"hosts", "is there together with host or port: want one of the two ways"})
	}
	for i, address := range a.Hosts {
		if want := config.CheckEndpoint(address); want != "" {
			faults = append(faults, Fault{fmt.Sprintf("hosts[%d]", i), "is not right: want " + want})
		}
	}
	if order := config.HostOrder(a.HostOrder); order != "" && order != config.HostsInOrder && order != config.HostsSpread {
		faults = append(faults, Fault{"hostOrder", "is not a known value, want order or spread"})
	}
	return faults
}

// check lists what no bind could be made with.
func check(a *contract.SmppCredentials) []Fault {
	var faults []Fault
	refuse := func(field, is string) { faults = append(faults, Fault{field, is}) }

	faults = append(faults, checkHosts(a)...)
	switch {
	case len(a.Hosts) > 0:
	case a.Host == "":
		refuse("host", "is missing")
	case strings.ContainsAny(a.Host, " \t\r\n/@"):
		refuse("host", "is not a host: want a name or an address, without scheme and port")
	}
	switch {
	case len(a.Hosts) > 0:
	case a.Port == 0:
		refuse("port", "is missing")
	case a.Port > 65535:
		refuse("port", "is above 65535")
	}
	for _, text := range []struct {
		field, value string
		required     bool
		most         int // octets; 0: any
	}{
		{"systemId", a.SystemId, true, maxSystemID},
		{"password", a.Password, true, 0},
		{"systemType", a.SystemType, false, maxSystemType},
		{"addressRange.range", a.AddressRange.GetRange(), false, maxAddressRange},
	} {
		switch {
		case text.value == "" && text.required:
			refuse(text.field, "is missing")
		case strings.ContainsRune(text.value, 0):
			refuse(text.field, "holds a NUL, which would end it on the wire")
		case text.most > 0 && len(text.value) > text.most:
			refuse(text.field, fmt.Sprintf("has %d octets, at most %d fit the PDU", len(text.value), text.most))
		}
	}
	for _, octet := range []struct {
		field string
		value uint32
	}{
		{"interfaceVersion", a.InterfaceVersion},
		{"addressRange.ton", a.AddressRange.GetTon()}, {"addressRange.npi", a.AddressRange.GetNpi()},
		{"sourceTon", a.GetSourceTon()}, {"sourceNpi", a.GetSourceNpi()},
		{"destinationTon", a.GetDestinationTon()}, {"destinationNpi", a.GetDestinationNpi()},
	} {
		if octet.value > 255 {
			refuse(octet.field, "is above 255, it is one octet on the wire")
		}
	}
	alphabets := []string{string(config.AlphabetGSM7), string(config.AlphabetGSM7Packed), string(config.AlphabetLatin1),
		string(config.AlphabetASCII), string(config.AlphabetLatin9)}
	if !slices.Contains(alphabets, a.DefaultAlphabet) {
		refuse("defaultAlphabet", "is not a known value, want one of "+strings.Join(alphabets, ", "))
	}
	if v := a.Tls.GetMinVersion(); v != "" && v != "1.2" && v != "1.3" {
		refuse("tls.minVersion", "is not a known value, want 1.2 or 1.3")
	}
	if a.BackupOperatorId == a.OperatorId {
		refuse("backupOperatorId", "is the operator itself")
	}
	return faults
}

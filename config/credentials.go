package config

import (
	"errors"
	"strconv"
)

// Credentials is the answer of the operator-management-service (US-SC-002) in
// plain types: proto.SmppCredentials, which this package may not import. A zero
// field says nothing, and the operator's own value stays: so hand over the answer
// as it came, without defaults filled in.
type Credentials struct {
	OperatorID       string
	Host             string
	Port             int
	Hosts            []string // in place of Host and Port, and of the operator's own; as those are in place of its own hosts
	HostOrder        HostOrder
	SystemID         string
	Password         Secret
	SystemType       string
	InterfaceVersion int
	BindMode         BindMode
	AddressRange     *AddressRange // nil: not said
	TLS              *TLS          // nil: not said; replaces the operator's as a whole
	TPSLimit         int
	Window           int
	LongStrategy     LongStrategy
	MessageIDRule    string
	DefaultAlphabet  Alphabet
	SourceAddress    string
	BackupOperatorID string
	Profile          string

	SourceTON, SourceNPI, DestinationTON, DestinationNPI *uint8
}

// Merge lays a credentials answer over the operator: the profile that it names
// takes the place of the operator's own, the operator's entry overrides that, and
// the answer's fields override both. The error joins every complaint; it quotes
// no password.
func (o Operator) Merge(answer Credentials) (Operator, error) {
	var l layers
	if o.layers != nil {
		l = *o.layers
	}
	l.prefix = "credentials[" + o.ID + "]."
	merged, complaints := l.build(answer.Profile)
	if answer.OperatorID != "" && answer.OperatorID != o.ID {
		complaints = append(complaints, &Complaint{Path: l.prefix + "operatorId", Shape: shapeOf(answer.OperatorID, false), Want: o.ID})
	}
	if answer.Host != "" || answer.Port != 0 {
		merged.Hosts = nil
	}
	if len(answer.Hosts) > 0 {
		merged.Host, merged.Port, merged.Hosts = "", 0, answer.Hosts
	}
	complaints = append(complaints, fill(&merged, operatorSettings, answer.said(), l.prefix)...)
	if answer.Password != "" {
		merged.Password, merged.PasswordFile = answer.Password, ""
	}
	if answer.TLS != nil {
		merged.TLS = *answer.TLS
		if merged.TLS.MinVersion == "" {
			merged.TLS.MinVersion = "1.2"
		}
	}
	complaints = append(complaints, checkRows(&merged, operatorSettings, l.prefix)...)
	complaints = append(complaints, merged.checkAccount(l.prefix)...)
	complaints = append(complaints, merged.checkLine(l.prefix)...)
	return merged, errors.Join(unique(complaints)...)
}

// WithProfile is the operator under another profile, "" for its own: what holds
// for the fields that a credentials answer with that profile leaves out. Unlike
// Merge it demands no account, which only the answer can bring. Whoever fills an
// answer's gaps before Merge must fill them from here: a value of the operator's
// own profile would pass for the answer's and override the new one, its TLS included.
func (o Operator) WithProfile(name string) (Operator, error) {
	if o.layers == nil {
		return o, nil
	}
	merged, complaints := o.layers.build(name)
	return merged, errors.Join(unique(complaints)...)
}

// Reread is the operator with what the files that it names have in them now: a password
// or a certificate that is rotated in place is used from the next bind on. The error
// joins every complaint; a password file that is empty, and was not, is one, because
// whoever rotates it may not have written it yet.
func (o Operator) Reread() (Operator, error) {
	next, err := o.WithProfile("")
	if err == nil && next.Password == "" && o.Password != "" {
		err = &Complaint{Path: next.layers.prefix + "passwordFile", Shape: shapeOf(next.PasswordFile, false), Want: "a file with the password in it; it is empty now"}
	}
	if err != nil {
		return o, err
	}
	return next, nil
}

// said is the answer as a layer: the fields that are not zero, by their paths.
// The password is not among them, because fill would describe it in a complaint.
func (a Credentials) said() flat {
	layer := make(flat)
	texts := map[string]string{
		"host": a.Host, "systemId": a.SystemID, "systemType": a.SystemType, "bindMode": string(a.BindMode),
		"longMessageStrategy": string(a.LongStrategy), "messageIdRule": a.MessageIDRule,
		"defaultAlphabet": string(a.DefaultAlphabet), "sourceAddress": a.SourceAddress,
		"backupOperatorId": a.BackupOperatorID, "hostOrder": string(a.HostOrder),
	}
	for path, s := range texts {
		if s != "" {
			layer[path] = s
		}
	}
	numbers := map[string]int{"port": a.Port, "interfaceVersion": a.InterfaceVersion, "tpsLimit": a.TPSLimit, "window": a.Window}
	for path, n := range numbers {
		if n != 0 {
			layer[path] = n
		}
	}
	octets := map[string]*uint8{
		"sourceTon": a.SourceTON, "sourceNpi": a.SourceNPI,
		"destinationTon": a.DestinationTON, "destinationNpi": a.DestinationNPI,
	}
	for path, n := range octets {
		if n != nil {
			layer[path] = strconv.Itoa(int(*n))
		}
	}
	if r := a.AddressRange; r != nil {
		layer["addressRange.ton"], layer["addressRange.npi"] = int(r.TON), int(r.NPI)
		layer["addressRange.range"] = r.Range
	}
	return layer
}

// Credentials returns an operator's account as the operator-management-service
// would answer, for the program that has none. It is complete and valid.
func (c *Config) Credentials(operatorID string) (Credentials, bool) {
	o, known := c.Operator(operatorID)
	if !known {
		return Credentials{}, false
	}
	return Credentials{
		OperatorID: o.ID, Host: o.Host, Port: int(o.Port), Hosts: o.Hosts, HostOrder: o.HostOrder, SystemID: o.SystemID, Password: o.Password,
		SystemType: o.SystemType, InterfaceVersion: int(o.InterfaceVersion), BindMode: o.BindMode,
		AddressRange: &o.AddressRange, TLS: &o.TLS, TPSLimit: o.TPSLimit, Window: o.Window,
		LongStrategy: o.LongStrategy, MessageIDRule: o.MessageIDRule, DefaultAlphabet: o.DefaultAlphabet,
		SourceAddress: o.SourceAddress, BackupOperatorID: o.BackupID, Profile: o.ProfileName,
		SourceTON: o.Addresses.Source.TON, SourceNPI: o.Addresses.Source.NPI,
		DestinationTON: o.Addresses.Destination.TON, DestinationNPI: o.Addresses.Destination.NPI,
	}, true
}

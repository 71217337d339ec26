package main

import (
	"strings"

	"github.com/ghasi/smpp-connector/config"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Credentials answers of the operator-management-service, to the configuration's types
// and from them.

// plain is a credentials answer in the configuration's types.
func plain(c *contract.SmppCredentials) config.Credentials {
	out := config.Credentials{
		OperatorID: c.GetOperatorId(), Host: c.GetHost(), Port: int(c.GetPort()), SystemID: c.GetSystemId(), Password: config.Secret(c.GetPassword()),
		SystemType: c.GetSystemType(), InterfaceVersion: int(c.GetInterfaceVersion()), BindMode: config.BindMode(strings.ToLower(c.GetBindMode().String())),
		TPSLimit: int(c.GetTpsLimit()), Window: int(c.GetWindow()), MessageIDRule: c.GetMessageIdRule(), DefaultAlphabet: config.Alphabet(c.GetDefaultAlphabet()),
		SourceAddress: c.GetSourceAddress(), BackupOperatorID: c.GetBackupOperatorId(), Profile: c.GetProfile(),
		Hosts: c.GetHosts(), HostOrder: config.HostOrder(c.GetHostOrder()),
		SourceTON: narrow(c.SourceTon), SourceNPI: narrow(c.SourceNpi), DestinationTON: narrow(c.DestinationTon), DestinationNPI: narrow(c.DestinationNpi),
	}
	for name, value := range strategies {
		if value == c.GetLongMessageStrategy() {
			out.LongStrategy = name
		}
	}
	if r := c.GetAddressRange(); r != nil {
		out.AddressRange = &config.AddressRange{TON: uint8(r.GetTon()), NPI: uint8(r.GetNpi()), Range: r.GetRange()}
	}
	if t := c.GetTls(); t != nil {
		out.TLS = &config.TLS{Enabled: t.GetEnabled(), ServerName: t.GetServerName(), CA: t.GetCaPem(), ClientCertificate: t.GetClientCertificatePem(),
			ClientKey: config.Secret(t.GetClientKeyPem()), Pins: t.GetPinsSha256(), MinVersion: t.GetMinVersion()}
	}
	return out
}

func narrow(v *uint32) *uint8 {
	if v == nil {
		return nil
	}
	n := uint8(*v)
	return &n
}

func widen(v *uint8) *uint32 {
	if v == nil {
		return nil
	}
	w := uint32(*v)
	return &w
}

// defaults is what the configuration says of an operator, for the fields that a
// credentials answer leaves out.
func (a *accounts) defaults(operatorID, profile string) *contract.SmppCredentials {
	op, known := a.cfg().Operator(operatorID)
	if !known {
		return nil
	}
	if merged, err := op.WithProfile(profile); err == nil {
		op = merged
	}
	return &contract.SmppCredentials{
		OperatorId: op.ID, Host: op.Host, Port: uint32(op.Port), SystemId: op.SystemID, Password: op.Password.Reveal(),
		SystemType: op.SystemType, InterfaceVersion: uint32(op.InterfaceVersion),
		BindMode:     contract.BindMode_Value(contract.BindMode_Value_value[strings.ToUpper(string(op.BindMode))]),
		AddressRange: &contract.AddressRange{Ton: uint32(op.AddressRange.TON), Npi: uint32(op.AddressRange.NPI), Range: op.AddressRange.Range},
		Tls: &contract.TlsSettings{Enabled: op.TLS.Enabled, ServerName: op.TLS.ServerName, CaPem: op.TLS.CA, ClientCertificatePem: op.TLS.ClientCertificate,
			ClientKeyPem: op.TLS.ClientKey.Reveal(), PinsSha256: op.TLS.Pins, MinVersion: op.TLS.MinVersion},
		TpsLimit: uint32(op.TPSLimit), Window: uint32(op.Window), LongMessageStrategy: strategies[op.LongStrategy],
		MessageIdRule: op.MessageIDRule, DefaultAlphabet: string(op.DefaultAlphabet),
		SourceTon: widen(op.Addresses.Source.TON), SourceNpi: widen(op.Addresses.Source.NPI),
		DestinationTon: widen(op.Addresses.Destination.TON), DestinationNpi: widen(op.Addresses.Destination.NPI),
		SourceAddress: op.SourceAddress, BackupOperatorId: op.BackupID, Profile: op.ProfileName,
		Hosts: op.Hosts, HostOrder: string(op.HostOrder),
	}
}

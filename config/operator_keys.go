package config

import "github.com/ghasi/smpp-connector/codec/segment"

// accountSettings belong to one account: a profile cannot set them. Where there
// is a variable, it speaks of the only operator that the pod serves.
var accountSettings = []knob[Operator]{
	{"id", "", "", "the operator's id, part of subjects, consumers and keys",
		func(o *Operator) value { return text(&o.ID, tokenRequired) }},
	{"profile", "SMPP_PROFILE", "default", "the MNO profile that this entry overrides",
		func(o *Operator) value { return text(&o.ProfileName, nil) }},
	{"host", "SMPP_HOST", "", "the MNO's host name or address",
		func(o *Operator) value { return text(&o.Host, atMost(253)) }},
	{"port", "SMPP_PORT", "", "the MNO's TCP port",
		func(o *Operator) value { return whole(&o.Port, 0, 65535) }},
	{"systemId", "SMPP_SYSTEM_ID", "", "who binds",
		func(o *Operator) value { return text(&o.SystemID, atMost(15)) }},
	{"password", "SMPP_PASSWORD", "", "its password; longer than SMPP's 8 octets where the MNO takes it",
		func(o *Operator) value { return text(&o.Password, atMost(64)) }},
	{"passwordFile", "SMPP_PASSWORD_FILE", "", "file with the password, in its place",
		func(o *Operator) value { return text(&o.PasswordFile, nil) }},
	{"backupOperatorId", "SMPP_BACKUP_OPERATOR_ID", "", "who carries the traffic while this one is UNBOUND",
		func(o *Operator) value { return text(&o.BackupID, tokenOrNothing) }},
	{"mno", "", "", "the MNO that its binds are named after; empty: MNO_ID for an operator that this pod serves, else its id. Needed for a backup whose own pods have another MNO_ID",
		func(o *Operator) value { return text(&o.MNO, tokenOrNothing) }},
	{"binds", "SMPP_BINDS", "1", "binds without Postgres, numbered from 1",
		func(o *Operator) value { return whole(&o.Binds, 1, 1000) }},
}

// profileSettings are the knobs of an MNO profile. Their defaults stand in
// profiles/default.yaml, which sets every one of them but the timers.
var profileSettings = append([]knob[Profile]{
	{"systemType", "SMPP_SYSTEM_TYPE", "", "system_type of the bind",
		func(p *Profile) value { return text(&p.SystemType, atMost(12)) }},
	{"interfaceVersion", "", "", "interface_version of the bind; TLVs need 0x34 or more",
		func(p *Profile) value { return whole(&p.InterfaceVersion, 0, 255) }},
	{"bindMode", "SMPP_BIND_MODE", "", "trx, tx, rx, or tx_rx: a transmitter and a receiver from the start",
		func(p *Profile) value { return choice(&p.BindMode, ModeTRX, ModeTX, ModeRX, ModeTXRX) }},
	{"addressRange.ton", "", "", "addr_ton of the bind",
		func(p *Profile) value { return whole(&p.AddressRange.TON, 0, 255) }},
	{"addressRange.npi", "", "", "addr_npi of the bind",
		func(p *Profile) value { return whole(&p.AddressRange.NPI, 0, 255) }},
	{"addressRange.range", "", "", "address_range of the bind",
		func(p *Profile) value { return text(&p.AddressRange.Range, atMost(40)) }},

	{"tls.enabled", "SMPP_TLS", "", "encrypt the line",
		func(p *Profile) value { return toggle(&p.TLS.Enabled) }},
	{"tls.serverName", "", "", "SNI and the name that is verified; empty: the host",
		func(p *Profile) value { return text(&p.TLS.ServerName, atMost(253)) }},
	{"tls.caPem", "", "", "certificates of the authorities to trust; empty: the system's",
		func(p *Profile) value { return text(&p.TLS.CA, nil) }},
	{"tls.caFile", "SMPP_TLS_CA_FILE", "", "file with caPem, in its place",
		func(p *Profile) value { return text(&p.TLS.CAFile, nil) }},
	{"tls.clientCertificatePem", "", "", "our certificate",
		func(p *Profile) value { return text(&p.TLS.ClientCertificate, nil) }},
	{"tls.clientCertificateFile", "", "", "file with clientCertificatePem, in its place",
		func(p *Profile) value { return text(&p.TLS.ClientCertificateFile, nil) }},
	{"tls.clientKeyPem", "", "", "its key",
		func(p *Profile) value { return text(&p.TLS.ClientKey, nil) }},
	{"tls.clientKeyFile", "", "", "file with clientKeyPem, in its place",
		func(p *Profile) value { return text(&p.TLS.ClientKeyFile, nil) }},
	{"tls.pinsSha256", "", "", "base64 SHA-256 of public keys, one of which must be in the chain; empty: any",
		func(p *Profile) value { return words(&p.TLS.Pins, wantPin, isPin) }},
	{"tls.minVersion", "", "", "1.2 or 1.3",
		func(p *Profile) value { return choice(&p.TLS.MinVersion, "1.2", "1.3") }},

	{"link.sourceIp", "SMPP_SOURCE_IP", "", "which of this machine's addresses dials, where the MNO lists one; empty: the system chooses",
		func(p *Profile) value { return text(&p.SourceIP, ipOrNothing) }},
	{"outbind.listen", "", "", "address where this MNO's outbind is awaited; empty: none",
		func(p *Profile) value { return text(&p.Outbind.Listen, listenOrNothing) }},
	{"outbind.systemId", "", "", "system_id that its outbind must carry",
		func(p *Profile) value { return text(&p.Outbind.SystemID, atMost(15)) }},
	{"outbind.password", "", "", "password that its outbind must carry",
		func(p *Profile) value { return text(&p.Outbind.Password, atMost(64)) }},

	{"tpsLimit", "SMPP_TPS_LIMIT", "", "PDUs a second of the account, over all binds and pods; none: the MNO's refusals alone slow us",
		func(p *Profile) value { return rate(&p.TPSLimit, 1000000) }},
	{"window", "SMPP_WINDOW", "", "most PDUs of a bind without an answer",
		func(p *Profile) value { return whole(&p.Window, 1, 100000) }},
	{"congestion", "", "", "what shrinks the window beside refusals: off, state (the TLV congestion_state) or latency",
		func(p *Profile) value {
			return choice(&p.Congestion, CongestionOff, CongestionState, CongestionLatency)
		}},
	{"sourceAddress", "SMPP_SOURCE_ADDRESS", "", "sender of a command without `from`",
		func(p *Profile) value { return text(&p.SourceAddress, atMost(20)) }},

	{"messageIdRule", "SMPP_MESSAGE_ID_RULE", "", "how ids of responses and receipts are made alike",
		func(p *Profile) value { return text(&p.MessageIDRule, idRule) }},
	{"defaultAlphabet", "SMPP_DEFAULT_ALPHABET", "", "what data_coding 0 means: gsm7, gsm7-packed, latin1, ascii, latin9",
		func(p *Profile) value {
			return choice(&p.DefaultAlphabet, AlphabetGSM7, AlphabetGSM7Packed, AlphabetLatin1, AlphabetASCII, AlphabetLatin9)
		}},
	{"dataCoding.gsm7", "", "", "data_coding of a GSM7 text",
		func(p *Profile) value { return whole(&p.GSM7DataCoding, 0, 255) }},
	{"dataCoding.ucs2", "", "", "data_coding of a UCS2 text",
		func(p *Profile) value { return whole(&p.UCS2DataCoding, 0, 255) }},

	{"longMessageStrategy", "SMPP_LONG_MESSAGE_STRATEGY", "", "csms, tlv or sar",
		func(p *Profile) value { return choice(&p.LongStrategy, LongCSMS, LongTLV, LongSAR) }},
	{"long.referenceBits", "", "", "8; 16, where a part holds one septet less; 0: 8, and 16 where 8 would repeat within 60 s and no segment is added",
		func(p *Profile) value { return whole(&p.ReferenceBits, 0, 16) }},
	{"long.maxParts", "", "", "a text in more parts is refused, never cut",
		func(p *Profile) value { return whole(&p.MaxParts, 1, 255) }},
	{"long.esmClass", "", "", "mode bits of every submit_sm, as in 0x03; UDHI is OR-ed in",
		func(p *Profile) value { return whole(&p.ESMClass, 0, 255) }},

	{"text.lockingShift", "", "", "language whose locking shift table GSM7 texts may use (3GPP TS 23.038), as in turkish; empty: none",
		func(p *Profile) value { return language(&p.LockingShift, segment.Language.HasLocking) }},
	{"text.singleShift", "", "", "language whose single shift table they may use; empty: none",
		func(p *Profile) value { return language(&p.SingleShift, segment.Language.HasSingle) }},
	{"text.flash", "", "", "data_coding of a flash message: general (0x10, 0x18) or class (0xF0, 0x18)",
		func(p *Profile) value { return choice(&p.Flash, FlashGeneral, FlashClass) }},

	{"serviceType", "", "", "service_type of a command without one",
		func(p *Profile) value { return text(&p.ServiceType, atMost(5)) }},
	{"receipts.registeredDelivery", "", "", "registered_delivery of a command without one",
		func(p *Profile) value { return whole(&p.RegisteredDelivery, 0, 255) }},
	{"receipts.parts", "", "", "all or last: which parts of a long message ask for a receipt",
		func(p *Profile) value { return choice(&p.ReceiptParts, ReceiptAll, ReceiptLast) }},
	{"receipts.words", "", "", "state words of this MNO's own, as in [BLOCKED=REJECTED]",
		func(p *Profile) value { return receiptWords(&p.ReceiptWords) }},
	{"receipts.errors", "", "", "what this MNO's err: codes mean, for events, as in [001=unknown subscriber, 0A2=barred]",
		func(p *Profile) value { return receiptErrors(&p.ReceiptErrors) }},
	{"receipts.acceptedIsFinal", "", "", "nothing comes after ACCEPTED",
		func(p *Profile) value { return toggle(&p.AcceptedIsFinal) }},
	{"receipts.textFirst", "", "", "believe the text of a receipt before its TLVs",
		func(p *Profile) value { return toggle(&p.ReceiptTextFirst) }},
	{"receipts.temporaryError", "", "", "deliver_sm_resp when the event could not be stored, so that the MNO keeps it",
		func(p *Profile) value { return status(&p.TemporaryError) }},
	{"unknownOutcome", "", "", "redeliver, hold or giveUp: a PDU that was written and never answered",
		func(p *Profile) value { return choice(&p.UnknownOutcome, OutcomeRedeliver, OutcomeHold, OutcomeGiveUp) }},
	{"holdUnknown", "", "", "how long hold waits for a receipt before it gives up",
		func(p *Profile) value { return pause(&p.HoldUnknown) }},
	{"statuses", "", "", "what a status means at this MNO: STATUS=ACTION:DELAY:EFFECT, as in [ESME_RSYSERR=retry:30s, 0x0408=reject, 0x0045=half-close]; actions are accept, retry, reject, effects none, halve, half-close, drain, rebind",
		func(p *Profile) value { return statusRules(&p.Statuses) }},
	{"tlvs", "", "", "TLVs that commands may carry by name, as in [PE_ID=0x1400:text:required]; kinds are text, cstring, uint8, uint16, uint32, hex",
		func(p *Profile) value { return tlvs(&p.TLVs) }},
	{"fallbackTriggers", "", "", "answers to bind_transceiver that mean: bind a transmitter and a receiver",
		func(p *Profile) value { return statuses(&p.FallbackTriggers) }},
	{"heartbeat", "", "", "fixed: every interval; idle: an interval after the last PDU heard",
		func(p *Profile) value { return choice(&p.Heartbeat, HeartbeatFixed, HeartbeatIdle) }},
	{"failback.linger", "", "", "how long the backup stays bound after this one has come back",
		func(p *Profile) value { return pause(&p.Failback.Linger) }},
	{"failback.holdMax", "", "", "longest time that this one, when it flaps, must have been bound before its traffic returns; 0s: never held",
		func(p *Profile) value { return pause(&p.Failback.HoldMax) }},

	{"sourceTon", "", "", "ton of every source address; null: by its shape",
		func(p *Profile) value { return octet(&p.Addresses.Source.TON) }},
	{"sourceNpi", "", "", "npi of every source address; null: by its shape",
		func(p *Profile) value { return octet(&p.Addresses.Source.NPI) }},
	{"destinationTon", "", "", "ton of every destination address; null: by its shape",
		func(p *Profile) value { return octet(&p.Addresses.Destination.TON) }},
	{"destinationNpi", "", "", "npi of every destination address; null: by its shape",
		func(p *Profile) value { return octet(&p.Addresses.Destination.NPI) }},
	{"addresses.shortDigits", "", "", "digits without '+' up to this many are a short code",
		func(p *Profile) value { return whole(&p.Addresses.ShortDigits, 0, 20) }},
	{"addresses.bare", "", "", "longer digits without '+': international or national",
		func(p *Profile) value { return choice(&p.Addresses.Bare, bareInternational, bareNational) }},
	{"addresses.alphanumeric.ton", "", "", "ton of a name",
		func(p *Profile) value { return whole(&p.Addresses.Alphanumeric.TON, 0, 255) }},
	{"addresses.alphanumeric.npi", "", "", "npi of a name",
		func(p *Profile) value { return whole(&p.Addresses.Alphanumeric.NPI, 0, 255) }},
	{"addresses.short.ton", "", "", "ton of a short code",
		func(p *Profile) value { return whole(&p.Addresses.Short.TON, 0, 255) }},
	{"addresses.short.npi", "", "", "npi of a short code",
		func(p *Profile) value { return whole(&p.Addresses.Short.NPI, 0, 255) }},
	{"addresses.international.ton", "", "", "ton of an international number",
		func(p *Profile) value { return whole(&p.Addresses.International.TON, 0, 255) }},
	{"addresses.international.npi", "", "", "npi of an international number",
		func(p *Profile) value { return whole(&p.Addresses.International.NPI, 0, 255) }},
	{"addresses.national.ton", "", "", "ton of a national number",
		func(p *Profile) value { return whole(&p.Addresses.National.TON, 0, 255) }},
	{"addresses.national.npi", "", "", "npi of a national number",
		func(p *Profile) value { return whole(&p.Addresses.National.NPI, 0, 255) }},
}, unnamed(lift("timers.", timers, func(p *Profile) *Timers { return &p.Timers }))...)

// operatorSettings are all the keys of an operator's entry.
var operatorSettings = append(append([]knob[Operator](nil), accountSettings...),
	lift("", profileSettings, func(o *Operator) *Profile { return &o.Profile })...)

// unnamed takes variables and defaults away: those of the timers are the
// process's, whose values come in below every profile.
func unnamed[T any](rows []knob[T]) []knob[T] {
	for i := range rows {
		rows[i].env, rows[i].std = "", ""
	}
	return rows
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ghasi/smpp-connector/actors"
	"github.com/ghasi/smpp-connector/actors/dispatch"
	"github.com/ghasi/smpp-connector/actors/failover"
	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/actors/lifecycle"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/verdict"
	"github.com/ghasi/smpp-connector/actors/window"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/segment"
	"github.com/ghasi/smpp-connector/codec/text"
	"github.com/ghasi/smpp-connector/config"
	"github.com/ghasi/smpp-connector/infra/line"
	"github.com/ghasi/smpp-connector/infra/natsjs"
	contract "github.com/ghasi/smpp-connector/proto"
)

// accounts makes what the actors know of an operator out of the configuration,
// the credentials answer where there is a service, and the bind settings.
type accounts struct {
	cfg         func() *config.Config // in force
	credentials port.Credentials      // nil: the configuration has them
	settings    port.BindSettings     // nil: `binds: N` of the configuration
	streams     dispatchStreams       // nil: nothing has to be made

	mu       sync.Mutex
	outbinds map[string]*line.Outbind // by what they listen on and expect
}

// dispatchStreams makes what commands for an operator wait in, where that is not made
// for all at once.
type dispatchStreams interface {
	EnsureDispatch(ctx context.Context, operatorID string, mnos []string) error
}

// Fetch implements actors.Accounts. Of an operator that this pod serves, and not only
// stands in for, it also sees to it that commands can be sent to it: at each refresh,
// so that a subject that went missing comes back.
func (a *accounts) Fetch(ctx context.Context, operatorID string) (*actors.Account, error) {
	account, err := a.find(ctx, operatorID)
	if err != nil || a.streams == nil || !slices.Contains(operatorIDs(a.cfg()), operatorID) {
		return account, err
	}
	if err := a.streams.EnsureDispatch(ctx, operatorID, mnosOf(account)); err != nil && !errors.Is(err, natsjs.ErrAway) {
		return nil, err
	}
	return account, nil
}

// backoff is how long to wait before an operator's account is asked for again: as before
// a redial (decisions.md 002).
func (a *accounts) backoff(operatorID string) (schedule []time.Duration, jitter float64) {
	op, _ := a.cfg().Operator(operatorID)
	return op.Timers.Backoff, op.Timers.BackoffJitter
}

// mnosOf are the MNOs that an account has binds to.
func mnosOf(account *actors.Account) (mnos []string) {
	for _, b := range account.Binds {
		if !slices.Contains(mnos, b.Bind.MNO) {
			mnos = append(mnos, b.Bind.MNO)
		}
	}
	if len(mnos) == 0 { // all are switched off
		mnos = append(mnos, account.MNO)
	}
	return mnos
}

// find makes the account of what is known of it.
func (a *accounts) find(ctx context.Context, operatorID string) (*actors.Account, error) {
	cfg := a.cfg()
	op, known := cfg.Operator(operatorID)
	if !known {
		return nil, fmt.Errorf("operator %q: %w: add it under `operators:`", operatorID, port.ErrUnknownOperator)
	}
	if a.credentials != nil {
		answer, err := a.credentials.Fetch(ctx, operatorID)
		if err != nil {
			return nil, err
		}
		if op, err = op.Merge(plain(answer)); err != nil {
			return nil, fmt.Errorf("operator %q: credentials answer: %w", operatorID, err)
		}
	}
	account, err := a.account(cfg, op)
	if err != nil {
		return nil, fmt.Errorf("operator %q: %w", operatorID, err)
	}
	if a.settings != nil {
		rows, err := a.settings.Binds(ctx, operatorID, "")
		if err != nil {
			return nil, fmt.Errorf("operator %q: read ops.smpp_binds: %w", operatorID, err)
		}
		if len(rows) > 0 {
			account.Binds, err = ours(cfg, operatorID, rows)
			return account, err
		}
	}
	account.Binds = numbered(cfg, op, account.MNO)
	if err := a.shared(ctx, cfg, account); err != nil {
		return nil, err
	}
	return account, nil
}

// shared is the error of binds that the configuration numbers and that are another
// operator's of this pod as well: one bind has one account (US-SC-016). To number the
// operators of an MNO one after the other would not do: a pod with another list of them
// would mean another account by the same name.
func (a *accounts) shared(ctx context.Context, cfg *config.Config, account *actors.Account) error {
	for _, other := range cfg.Operators {
		if other.ID == account.OperatorID || mnoOf(cfg, other) != account.MNO {
			continue
		}
		theirs := numbered(cfg, other, account.MNO)
		if a.settings != nil {
			rows, err := a.settings.Binds(ctx, other.ID, "")
			if err != nil {
				return fmt.Errorf("operator %q: read ops.smpp_binds of operator %q: %w", account.OperatorID, other.ID, err)
			}
			if len(rows) > 0 {
				theirs = rows
			}
		}
		free := 1
		for _, b := range theirs {
			free = max(free, b.Bind.Number+1)
		}
		for _, b := range account.Binds {
			if slices.ContainsFunc(theirs, func(t port.BindSetting) bool { return t.Bind == b.Bind }) {
				return fmt.Errorf("operator %q: bind %s is operator %q's as well: give one of the two an operators[].firstBind of its own (%d is free for %q), the same on every pod, or put the binds of both into ops.smpp_binds",
					account.OperatorID, b.Bind, other.ID, free, account.OperatorID)
			}
		}
	}
	return nil
}

// ours are the enabled rows of an operator that are this pod's: of its MNO and its
// direction, where it has them; of a backup they are all. Where all of those are
// switched off the account has no binds; where there are none, the rows and the pod
// contradict each other.
func ours(cfg *config.Config, operatorID string, rows []port.BindSetting) (binds []port.BindSetting, err error) {
	found, backup := false, !cfg.Serves(operatorID)
	for _, row := range rows {
		if backup || (cfg.MNO == "" || row.Bind.MNO == cfg.MNO) && (cfg.Direction == "" || string(row.Bind.Direction) == cfg.Direction) {
			found = true
			if row.Enabled {
				binds = append(binds, row)
			}
		}
	}
	if !found {
		return nil, fmt.Errorf("operator %q: ops.smpp_binds has %d binds of it, and none of mno %q in direction %q: add such a row, or correct MNO_ID and BIND_DIRECTION, or OPERATOR_IDS of this pod",
			operatorID, len(rows), cfg.MNO, cfg.Direction)
	}
	return binds, nil
}

// numbered are the binds of the configuration: N from the operator's first.
func numbered(cfg *config.Config, op config.Operator, mno string) []port.BindSetting {
	directions := []port.Direction{port.Direction(cfg.Direction)}
	switch {
	case cfg.Direction != "" && cfg.Serves(op.ID):
	case op.BindMode == config.ModeTXRX:
		directions = []port.Direction{port.TX, port.RX}
	default:
		directions[0] = port.Direction(op.BindMode)
	}
	var settings []port.BindSetting
	for i := range max(op.Binds, 1) {
		for _, d := range directions {
			settings = append(settings, port.BindSetting{Bind: port.BindID{MNO: mno, Direction: d, Number: max(op.FirstBind, 1) + i}, OperatorID: op.ID, Window: op.Window, Enabled: true})
		}
	}
	return settings
}

// mnoOf is the MNO that an operator's binds are named after.
func mnoOf(cfg *config.Config, op config.Operator) string {
	switch {
	case op.MNO != "":
		return op.MNO
	case cfg.MNO != "" && cfg.Serves(op.ID):
		return cfg.MNO
	}
	return op.ID
}

func (a *accounts) account(cfg *config.Config, op config.Operator) (*actors.Account, error) {
	mno := mnoOf(cfg, op)
	receipts, err := inboundRules(op)
	if err != nil {
		return nil, err
	}
	t := op.Timers
	hosts, err := hostsOf(op)
	if err != nil {
		return nil, err
	}
	called, err := a.outbind(op)
	if err != nil {
		return nil, err
	}
	verdicts, err := verdicts(op.Statuses)
	if err != nil {
		return nil, err
	}
	return &actors.Account{
		OperatorID: op.ID, MNO: mno, Hosts: hosts, HostOrder: hostOrders[op.HostOrder],
		Called: called, FallbackTriggers: op.FallbackTriggers,
		Bind: codec.Bind{SystemID: op.SystemID, Password: op.Password.Reveal(), SystemType: op.SystemType, InterfaceVersion: op.InterfaceVersion,
			AddrTON: op.AddressRange.TON, AddrNPI: op.AddressRange.NPI, AddressRange: op.AddressRange.Range},
		Window: max(op.Window, 1), Prefetch: cfg.Dispatch.Prefetch, Congestion: congestionSignals[op.Congestion], TPS: op.TPSLimit, TPSPerBind: op.TPSScope == config.TPSOfBind,
		Times: actors.Times{Connect: t.Connect + t.TLS, BindAnswer: t.Bind, Enquire: t.EnquireLink, EnquireAnswer: t.EnquireLinkResponse,
			Response: t.Response, Unanswered: op.Unanswered.Timeouts, Write: t.Write, Unbind: t.Unbind, Backoff: t.Backoff, Jitter: t.BackoffJitter,
			Inactivity: t.Inactivity, Rebind: t.RebindFloor, AuthFailed: t.AuthFailed, AlreadyBound: t.AlreadyBound,
			EnquireWhenIdle: op.Heartbeat == config.HeartbeatIdle, RetryUnanswered: retryUnanswered, Hold: op.HoldUnknown},
		Rules: dispatch.Rules{
			SourceAddress: op.SourceAddress, Senders: dispatch.NewSenders(op.Senders), Source: numbering(op.Addresses, op.Addresses.Source), Destination: numbering(op.Addresses, op.Addresses.Destination),
			Outbound: rewriting(op.Addresses, op.Addresses.Rewrite), Inbound: rewriting(op.Addresses, op.Addresses.RewriteInbound),
			Strategy: strategies[op.LongStrategy], NoTLVs: op.InterfaceVersion < codec.InterfaceVersion34, Count: segment.Rule{Wide: op.ReferenceBits == 16, MaxParts: op.MaxParts, Locking: op.LockingShift, Single: op.SingleShift},
			MayWiden: op.ReferenceBits == 0,
			Alphabet: receipts.Text.Default, GSM7DataCoding: codec.DataCoding(op.GSM7DataCoding), UCS2DataCoding: codec.DataCoding(op.UCS2DataCoding),
			ESMClass: codec.ESMClass(op.ESMClass), ServiceType: op.ServiceType, Validity: op.ValidityPeriod, ValidityForm: validityForms[op.ValidityForm], ProtocolID: op.ProtocolID, RegisteredDelivery: codec.RegisteredDelivery(op.RegisteredDelivery),
			Flash: flashStyles[op.Flash], ReceiptOfLastPart: op.ReceiptParts == config.ReceiptLast, TLVs: receipts.TLVs,
			RefuseFingerprintMismatch: cfg.Dispatch.FingerprintMismatch == "refuse",
		},
		Receipts: receipts, Text: receipts.Text,
		Unknown: unknownPolicies[op.UnknownOutcome], Resubmits: op.Unanswered.Resubmits, Verdicts: verdicts, RetryFor: op.RetryFor, TemporaryError: op.TemporaryError, Expiry: cmp.Or(op.ReceiptExpiry, cfg.Correlation.Expiry), ConcatWindow: cfg.Concat.Window,
		AckWait: cfg.Dispatch.AckWait, BackupOperatorID: op.BackupID, Failback: failover.Damping{Linger: op.Failback.Linger, HoldMax: op.Failback.HoldMax},
	}, nil
}

// hostsOf are the MNO's hosts, each with how it is reached: with TLS, by its own name.
func hostsOf(op config.Operator) ([]actors.Host, error) {
	t := op.Timers
	var hosts []actors.Host
	for _, address := range op.Endpoints() {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, fmt.Errorf("hosts: %w", err)
		}
		dial, err := line.Dialer(line.Options{Host: host, Port: port, SourceIP: op.SourceIP, Connect: t.Connect, Handshake: t.TLS, TLS: op.TLS})
		if err != nil {
			return nil, err
		}
		hosts = append(hosts, actors.Host{Address: address, Dial: dial})
	}
	return hosts, nil
}

var hostOrders = map[config.HostOrder]lifecycle.Order{
	config.HostsInOrder: lifecycle.InOrder,
	config.HostsSpread:  lifecycle.Spread,
}

var congestionSignals = map[config.Congestion]window.Signal{
	config.CongestionOff:     window.NoSignal,
	config.CongestionState:   window.ByState,
	config.CongestionLatency: window.ByLatency,
}

var validityForms = map[config.ValidityForm]dispatch.ValidityForm{
	config.ValidityRelative: dispatch.RelativeValidity,
	config.ValidityAbsolute: dispatch.AbsoluteValidity,
	config.ValidityNone:     dispatch.NoValidity,
}

var unknownPolicies = map[config.UnknownOutcome]ledger.Policy{
	config.OutcomeRedeliver: ledger.Redeliver,
	config.OutcomeHold:      ledger.Hold,
	config.OutcomeGiveUp:    ledger.GiveUp,
}

var strategies = map[config.LongStrategy]contract.LongMessageStrategy_Value{
	config.LongCSMS: contract.LongMessageStrategy_CSMS,
	config.LongTLV:  contract.LongMessageStrategy_TLV,
	config.LongSAR:  contract.LongMessageStrategy_SAR,
}

// outbind returns how to wait for the MNO's call; nil where we call it. The
// listener is made once and stays while the settings do.
func (a *accounts) outbind(op config.Operator) (func(context.Context) (net.Conn, error), error) {
	if op.Outbind.Listen == "" {
		return nil, nil
	}
	key := strings.Join([]string{op.Outbind.Listen, op.Outbind.SystemID, op.Outbind.Password.Reveal()}, "\x00")
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.outbinds[key] == nil {
		for known, o := range a.outbinds { // the same address under old settings
			if strings.HasPrefix(known, op.Outbind.Listen+"\x00") {
				o.Close()
				delete(a.outbinds, known)
			}
		}
		o, err := line.ListenOutbind(op.Outbind.Listen, op.Outbind.SystemID, op.Outbind.Password.Reveal())
		if err != nil {
			return nil, err
		}
		if a.outbinds == nil {
			a.outbinds = map[string]*line.Outbind{}
		}
		a.outbinds[key] = o
	}
	return a.outbinds[key].Dial, nil
}

// close stops waiting for calls.
func (a *accounts) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, o := range a.outbinds {
		o.Close()
		delete(a.outbinds, key)
	}
}

// verdicts are the profile's own meanings of statuses. What a rule leaves out is
// as the table has it.
func verdicts(rules []config.StatusRule) (verdict.Rules, error) {
	own := verdict.Rules{}
	for _, r := range rules {
		v := verdict.Of(r.Status)
		class, delay, effect := v.Class, v.Delay, v.Effect
		var known bool
		if r.Action != "" {
			if class, known = verdict.ParseClass(r.Action); !known {
				return nil, fmt.Errorf("statuses: %v: no action %q", r.Status, r.Action)
			}
		}
		if r.Effect != "" {
			if effect, known = verdict.ParseEffect(r.Effect); !known {
				return nil, fmt.Errorf("statuses: %v: no effect %q", r.Status, r.Effect)
			}
		}
		if r.Delay > 0 {
			delay = r.Delay
		}
		own[r.Status] = verdict.Own(class, delay, effect)
	}
	return own, nil
}

var flashStyles = map[config.FlashStyle]text.FlashStyle{config.FlashGeneral: text.FlashGeneral, config.FlashClass: text.FlashClass}

func numbering(a config.Addresses, fixed config.FixedNumbering) dispatch.Numbering {
	return dispatch.Numbering{
		Alphanumeric: dispatch.TONNPI(a.Alphanumeric), Short: dispatch.TONNPI(a.Short),
		International: dispatch.TONNPI(a.International), National: dispatch.TONNPI(a.National),
		ShortDigits: a.ShortDigits, BareNational: a.Bare == "national", KeepPlus: a.KeepsPlus(), TON: fixed.TON, NPI: fixed.NPI,
	}
}

func rewriting(a config.Addresses, rules config.Rewriting) dispatch.Rewriting {
	return dispatch.Rewriting{From: prefixes(rules.From), To: prefixes(rules.To), ShortDigits: a.ShortDigits}
}

func prefixes(declared []config.PrefixRule) []dispatch.Prefix {
	rules := make([]dispatch.Prefix, len(declared))
	for i, r := range declared {
		rules[i] = dispatch.Prefix(r)
	}
	return rules
}

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

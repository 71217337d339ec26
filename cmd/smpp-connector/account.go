package main

import (
	"cmp"
	"fmt"
	"net"
	"time"

	"github.com/ghasi/smpp-connector/actors"
	"github.com/ghasi/smpp-connector/actors/dispatch"
	"github.com/ghasi/smpp-connector/actors/dlr"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/failover"
	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/actors/lifecycle"
	"github.com/ghasi/smpp-connector/actors/verdict"
	"github.com/ghasi/smpp-connector/actors/window"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/segment"
	"github.com/ghasi/smpp-connector/codec/text"
	"github.com/ghasi/smpp-connector/config"
	"github.com/ghasi/smpp-connector/infra/line"
	contract "github.com/ghasi/smpp-connector/proto"
)

// What a configured operator is to the tree: each setting becomes the value that the
// decisions below actors/ take.

func (a *accounts) account(cfg *config.Config, op config.Operator) (*actors.Account, error) {
	mno := mnoOf(cfg, op)
	receipts, err := inboundRules(op)
	if err != nil {
		return nil, err
	}
	hosts, err := a.hostsOf(op, mno)
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
		Times: timesOf(op), Rules: rulesOf(cfg, op, receipts),
		Receipts: receipts, Text: receipts.Text,
		Unknown: unknownPolicies[op.UnknownOutcome], Resubmits: op.Unanswered.Resubmits, Verdicts: verdicts, RetryFor: op.RetryFor, TemporaryError: op.TemporaryError, Expiry: cmp.Or(op.ReceiptExpiry, cfg.Correlation.Expiry), ConcatWindow: cfg.Concat.Window,
		AckWait: cfg.Dispatch.AckWait, BackupOperatorID: op.BackupID, Failback: failover.Damping{Linger: op.Failback.Linger, HoldMax: op.Failback.HoldMax},
	}, nil
}

// timesOf are the waits and bounds of an operator's lines.
func timesOf(op config.Operator) actors.Times {
	t := op.Timers
	return actors.Times{Connect: t.Connect + t.TLS, BindAnswer: t.Bind, Enquire: t.EnquireLink, EnquireAnswer: t.EnquireLinkResponse,
		Response: t.Response, Unanswered: op.Unanswered.Timeouts, Write: t.Write, Unbind: t.Unbind, Drain: max(t.Drain, 1), Backoff: t.Backoff, Jitter: t.BackoffJitter,
		Inactivity: t.Inactivity, Rebind: t.RebindFloor, AuthFailed: t.AuthFailed, AlreadyBound: t.AlreadyBound,
		EnquireWhenIdle: op.Heartbeat == config.HeartbeatIdle, RetryUnanswered: retryUnanswered, Hold: op.HoldUnknown}
}

// rulesOf say how commands become PDUs for an operator.
func rulesOf(cfg *config.Config, op config.Operator, receipts dlr.Rules) dispatch.Rules {
	return dispatch.Rules{
		SourceAddress: op.SourceAddress, Senders: dispatch.NewSenders(op.Senders), Source: numbering(op.Addresses, op.Addresses.Source), Destination: numbering(op.Addresses, op.Addresses.Destination),
		Outbound: rewriting(op.Addresses, op.Addresses.Rewrite), Inbound: rewriting(op.Addresses, op.Addresses.RewriteInbound),
		Strategy: strategies[op.LongStrategy], NoTLVs: op.InterfaceVersion < codec.InterfaceVersion34, Count: segment.Rule{Wide: op.ReferenceBits == 16, MaxParts: op.MaxParts, Locking: op.LockingShift, Single: op.SingleShift},
		MayWiden: op.ReferenceBits == 0,
		Alphabet: receipts.Text.Default, GSM7DataCoding: codec.DataCoding(op.GSM7DataCoding), UCS2DataCoding: codec.DataCoding(op.UCS2DataCoding),
		ESMClass: codec.ESMClass(op.ESMClass), ServiceType: op.ServiceType, Validity: op.ValidityPeriod, ValidityForm: validityForms[op.ValidityForm], ProtocolID: op.ProtocolID, RegisteredDelivery: codec.RegisteredDelivery(op.RegisteredDelivery),
		Flash: flashStyles[op.Flash], ReceiptOfLastPart: op.ReceiptParts == config.ReceiptLast, TLVs: receipts.TLVs,
		RefuseFingerprintMismatch: cfg.Dispatch.FingerprintMismatch == "refuse",
	}
}

// hostsOf are the MNO's hosts, each with how it is reached: with TLS, by its own name.
func (a *accounts) hostsOf(op config.Operator, mno string) ([]actors.Host, error) {
	t := op.Timers
	var hosts []actors.Host
	for _, address := range op.Endpoints() {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, fmt.Errorf("hosts: %w", err)
		}
		dial, err := line.Dialer(line.Options{Host: host, Port: port, SourceIP: op.SourceIP, Connect: t.Connect, Handshake: t.TLS, TLS: op.TLS, Certificate: a.certificateOf(mno, address)})
		if err != nil {
			return nil, err
		}
		hosts = append(hosts, actors.Host{Address: address, Dial: dial})
	}
	return hosts, nil
}

// certificateOf tells of the certificates that lines to a host of an MNO depend on.
func (a *accounts) certificateOf(mno, host string) func(ours bool, ends time.Time) {
	if a.listener == nil {
		return nil
	}
	return func(ours bool, ends time.Time) {
		a.listener.On(event.CertificateSeen{MNO: mno, Host: host, Ours: ours, Ends: ends, At: time.Now()})
	}
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

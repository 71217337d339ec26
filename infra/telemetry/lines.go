package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Levels mean what somebody has to do:
//
//	ERROR  a bug, or something that does not mend itself: read it now
//	WARN   a peer or a server misbehaves; the connector copes, and shows it
//	INFO   the life of binds and of the process; audits
//	DEBUG  what is normal and frequent

// often and seldom limit lines of one kind about one thing.
var (
	often  = limit{50, time.Second}
	seldom = limit{1, time.Minute}
	daily  = limit{1, 24 * time.Hour}
)

// mostUnserved is how many subjects without a reader are named at one look.
const mostUnserved = 20

// manyConsumers is from how many on the server's asking costs about a tenth of a command
// (BENCH=ConsumersOfAStream).
const manyConsumers = 100

// dispatch tells of commands that nobody reads, of those that the server is about to
// drop, and of a stream that too many share.
func (l *lines) dispatch(f event.DispatchLooked) {
	stream := slog.String("stream", f.Stream)
	for i, u := range f.Unserved {
		if i == mostUnserved {
			l.warn("more subjects have commands that no connector reads", stream, "", slog.Int("subjects", len(f.Unserved)-i))
			break
		}
		l.warn("commands wait on a subject that no connector reads: is the operator or the bind right, and served?", stream, u.Subject,
			slog.String("subject", u.Subject), slog.Uint64("messages", u.Messages))
	}
	if f.Stream == contract.StreamDispatch && f.Consumers > manyConsumers {
		l.limited(slog.LevelWarn, daily, "many consumers share a stream, and each makes every acknowledgement dearer: nats.dispatchStreams (NATS_DISPATCH_STREAMS) mno gives each MNO one of its own",
			stream, "consumers", slog.Int("consumers", f.Consumers))
	}
	if f.MaxAge > 0 && f.Oldest > f.MaxAge*8/10 {
		l.warn("the oldest command is soon dropped by the NATS server", stream, "old", slog.Duration("age", f.Oldest.Round(time.Second)), slog.Duration("maxAge", f.MaxAge))
	}
}

// lines is the only place where facts become log lines: one fact, at most one line.
type lines struct {
	log   *slog.Logger
	flood *flood
	away  *away
}

func newLines(log *slog.Logger) *lines {
	return &lines{log: log, flood: newFlood(), away: &away{log: log, timers: make(map[string]*time.Timer)}}
}

// write logs a fact. Facts of the hot path have no line.
func (l *lines) write(f event.Fact) {
	switch f := f.(type) {
	case event.OperatorConfigured: // US-SC-001
		l.log.Info("operator configured", slog.String("operatorId", f.OperatorID))
	case event.AccountUnavailable:
		l.limited(slog.LevelWarn, seldom, "operator has no account", slog.String("operatorId", f.OperatorID), "",
			slog.Int("attempt", f.Attempt), slog.String("delay", f.Delay.String()), slog.String("error", f.Err))
	case event.AccountFetched:
		limit := "none"
		if f.TPS > 0 {
			limit = strconv.Itoa(f.TPS)
		}
		l.limited(slog.LevelInfo, often, "account fetched", slog.String("operatorId", f.OperatorID), "", slog.Int("binds", f.Binds), slog.String("tpsLimit", limit))
	case event.BindStateChanged:
		l.stateChanged(f)
	case event.RedialScheduled:
		l.warn("bind will be tried again", onBind(f.Bind), "",
			slog.Int("attempt", f.Attempt), slog.String("delay", f.Delay.String()), slog.String("reason", f.Reason))
	case event.BindRefused:
		status := "no answer"
		if f.Status != codec.StatusOK {
			status = f.Status.String()
		}
		level := slog.LevelWarn
		if f.Alert { // it does not mend itself
			level = slog.LevelError
		}
		l.limited(level, often, "bind refused", onBind(f.Bind), status, slog.String("role", string(f.Role)), slog.String("host", f.Host), slog.String("esme_status", status))
	case event.HostFailed:
		l.warn("a host of the MNO takes no bind: the next one is dialled", onBind(f.Bind), f.Host, slog.String("role", string(f.Role)),
			slog.String("host", f.Host), slog.String("next", f.Next), slog.String("reason", f.Reason))
	case event.BindFellBack:
		l.limited(slog.LevelInfo, often, "the MNO knows no transceiver: binding a transmitter and a receiver", onBind(f.Bind), "", slog.String("esme_status", f.Status.String()))
	case event.BindDegraded:
		l.warn("bind is degraded", onBind(f.Bind), f.Reason, slog.String("reason", f.Reason))
	case event.FailoverStep:
		l.warn("failover", slog.String("operatorId", f.OperatorID), f.Step, slog.String("step", f.Step), slog.String("backupOperatorId", f.BackupOperatorID))
	case event.EnquireLinkIgnored:
		l.limited(slog.LevelWarn, seldom, "enquire_link is not answered; other PDUs come, so the line lives", onBind(f.Bind), "")
	case event.EnquireLinkTimedOut:
		l.warn("enquire_link was not answered", onBind(f.Bind), "")
	case event.AnswersLost:
		l.warn("the MNO takes submits and answers none any more: the session is ended", onBind(f.Bind), "", slog.Int("timeouts", f.Timeouts))
	case event.SubmitFailed: // the four names are the story's: US-SC-031
		status := f.Status.String()
		l.warn("submit refused", onBind(f.Bind), status, slog.String("esme_status", status),
			slog.String("messageId", f.MessageID), slog.Uint64("pduSeqNum", uint64(f.Sequence)), slog.String("traceId", TraceID(f.Trace)),
			slog.String("runbook", f.Class), slog.Bool("alert", f.Alert))
	case event.AnsweredLate:
		status := f.Status.String()
		l.warn("submit answered late: it counted as unanswered", onBind(f.Bind), status, slog.String("esme_status", status),
			slog.String("messageId", f.MessageID), slog.Uint64("pduSeqNum", uint64(f.Sequence)), slog.String("traceId", TraceID(f.Trace)))
	case event.MessagesBegun:
		l.audit(f)
		l.mismatches(f)
	case event.ReceiptsHeard:
		if f.Orphaned > 0 {
			l.warn("receipts stayed without a message", onBind(f.Bind), "", slog.Int("receipts", f.Orphaned))
		}
	case event.MessageHeard:
		if f.Incomplete {
			l.warn("inbound message published incomplete", onBind(f.Bind), "", slog.Int("parts", f.Parts))
		}
	case event.PartsHeard:
		l.parts(f)
	case event.DeadLettered:
		l.warn("command went to the dead letters", slog.String("operatorId", f.OperatorID), f.Reason,
			slog.String("messageId", f.MessageID), slog.String("reason", f.Reason), slog.String("field", f.Field), slog.String("traceId", TraceID(f.Trace)))
	case event.OutcomeUnknown:
		l.warn("submits were written and never answered", onBind(f.Bind), f.Reason,
			slog.Int("segments", f.Segments), slog.Bool("redelivered", f.Redelivered), slog.String("reason", f.Reason))
	case event.InboundRefused:
		l.limited(slog.LevelWarn, seldom, "receipts and MOs come faster than they can be stored: the MNO is told to repeat them", onBind(f.Bind), "", slog.Int("refused", f.Count))
	case event.EventsNotStored:
		l.limited(slog.LevelError, seldom, "events cannot be stored", slog.String("subject", f.Subject), "", slog.Int("events", f.Count), slog.String("error", f.Err))
	case event.DispatchLooked:
		l.dispatch(f)
	case event.DoubtDecided:
		l.warn("a message of unknown outcome was decided about", onBind(f.Bind), f.Decision, slog.String("messageId", f.MessageID),
			slog.String("decision", f.Decision), slog.String("traceId", TraceID(f.Trace)))
	case event.RedisFailedOpen:
		l.limited(slog.LevelWarn, seldom, "Redis is slow or away: each pod goes on with its share of the TPS limits", slog.String("dependency", "redis"), "")
	case event.MaintenanceChanged:
		if f.On {
			l.warn("MNO is in maintenance: its binds stay unbound", slog.String("mno", f.MNO), "on")
		} else {
			l.limited(slog.LevelInfo, often, "the maintenance of an MNO is over", slog.String("mno", f.MNO), "off")
		}
	case event.CommandGiven:
		l.command(f)
	case event.DependencyChanged:
		l.dependency(f)
	case event.CertificateSeen:
		l.certificate(f)
	case event.LeaseWon:
		l.limited(slog.LevelInfo, often, "bind is owned by this pod", onBind(f.Bind), "", slog.Uint64("epoch", f.Epoch), slog.String("before", f.Before))
	case event.LeaseLost:
		l.warn("this pod does not own the bind any more: it stops", onBind(f.Bind), "", slog.Uint64("epoch", f.Epoch), slog.String("reason", f.Reason))
	case event.BindOrphaned:
		l.warn("a lease that had expired was taken out", onBind(f.Bind), "", slog.String("owner", f.Owner))
	case event.BindUnowned:
		l.limited(slog.LevelError, seldom, "nobody owns the bind: too few pods for MAX_BINDS, or a lease that cannot be won", onBind(f.Bind), "", slog.String("for", f.For.Round(time.Second).String()))
	case event.BindOwnedTwice:
		l.limited(slog.LevelError, seldom, "more than one pod serves the bind", onBind(f.Bind), "", slog.Any("pods", f.Pods))
	case event.BindNameShared:
		l.limited(slog.LevelError, seldom, "two operators have a bind of this name, and only one of them has its lease: give each operators[].firstBind so that no number is both's, on every pod, or another MNO_ID",
			onBind(f.Bind), f.Other, slog.String("operatorId", f.OperatorID), slog.String("other", f.Other), slog.String("otherPod", f.Pod))
	case event.PodSilent:
		l.limited(slog.LevelWarn, seldom, "Kubernetes runs a pod of these binds that does not say in NATS that it lives", slog.String("silentPod", f.Pod), "")
	case event.OwnerUnknown:
		l.limited(slog.LevelWarn, seldom, "a bind is owned by a pod that Kubernetes does not run: another Deployment, or kubernetes.podSelector is too narrow", onBind(f.Bind), "", slog.String("owner", f.Owner))
	case event.PodBindless:
		if f.Why == "" {
			l.log.Info("this pod is to have a bind again")
		} else {
			l.limited(slog.LevelInfo, often, "this pod has no bind", slog.String("why", f.Why), "")
		}
	case event.PodNameShared:
		l.limited(slog.LevelError, seldom, "another process has this one's POD_NAME: both share the binds as two pods would; give each its own", slog.String("pod", f.Pod), "")
	case event.ClockSkewed:
		if f.Skew == 0 {
			l.limited(slog.LevelInfo, often, "this machine's clock agrees with the NATS server's again", slog.String("dependency", "nats"), "")
			return
		}
		l.limited(slog.LevelWarn, seldom, "this machine's clock differs from the NATS server's: times in events and rows are wrong; see to NTP",
			slog.String("dependency", "nats"), "", slog.String("skew", f.Skew.Round(time.Millisecond).String()))
	case event.SequenceSkipped:
		by := "unknown"
		if f.By > 0 {
			by = strconv.FormatUint(f.By, 10)
		}
		l.warn("sequence numbers were skipped", onBind(f.Bind), "", slog.String("by", by), slog.String("reason", f.Reason))
	case event.ActorFailed:
		level := slog.LevelDebug // a session that ended: the bind says so on lines of its own
		if f.Bug {
			level = slog.LevelError
		}
		l.limited(level, often, "actor failed", slog.String("actor", f.Path), "", slog.String("reason", f.Reason), slog.Bool("bug", f.Bug))
	case event.ProtocolViolation:
		l.limited(slog.LevelWarn, seldom, "peer broke the protocol", onBind(f.Bind), f.What, slog.String("what", f.What), slog.String("detail", f.Detail))
	}
}

// stateChanged: a bind that leaves BOUND for anything but an orderly unbind is a
// warning, every other step is the bind's life; its first state is no news.
func (l *lines) stateChanged(f event.BindStateChanged) {
	if f.From == "" {
		return
	}
	level := slog.LevelInfo
	if f.To == "HALF_CLOSED_TX" || f.To == "DRAINING" || f.To == "DISCONNECTED" && f.From != "UNBINDING" && f.From != "CONNECTING" {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{slog.String("operatorId", f.OperatorID), slog.String("from", f.From), slog.String("to", f.To), slog.Uint64("epoch", f.Epoch)}
	if f.Host != "" && (f.To == "CONNECTING" || f.To == "BOUND") {
		attrs = append(attrs, slog.String("host", f.Host))
	}
	switch {
	case f.Reason == "":
	case f.To == "CONNECTING" || f.To == "BOUND": // what ended the session before
		attrs = append(attrs, slog.String("after", f.Reason))
	default:
		attrs = append(attrs, slog.String("reason", f.Reason))
	}
	l.limited(level, often, "bind is "+f.To, onBind(f.Bind), f.To, attrs...)
}

// parts says what is odd of inbound parts; that they come is not.
func (l *lines) parts(f event.PartsHeard) {
	for _, odd := range []struct {
		n          int
		line, kind string
	}{
		{f.Reused, "a reference of inbound parts is in use again: the message before is published as it is", "reused"},
		{f.Late, "inbound parts came after their message was published: what they begin is published too", "late"},
	} {
		if odd.n > 0 {
			l.warn(odd.line, onBind(f.Bind), odd.kind, slog.Int("parts", odd.n))
		}
	}
	if f.Refused > 0 {
		l.limited(slog.LevelWarn, seldom, "inbound parts cannot be kept: the MNO is told to repeat them", onBind(f.Bind), "",
			slog.Int("parts", f.Refused), slog.String("error", f.Err))
	}
}

// audit writes a line for every message that GSM7_FORCE changed (US-SC-037). It
// is never limited: an audit with holes is none.
func (l *lines) audit(f event.MessagesBegun) {
	for i := range f.Messages {
		if p := &f.Messages[i]; len(p.Replaced) > 0 {
			l.log.LogAttrs(context.Background(), slog.LevelInfo, "characters replaced by GSM7_FORCE", slog.Bool("audit", true),
				onBind(f.Bind), slog.String("messageId", p.MessageID), slog.Int("replaced", len(p.Replaced)), slog.Any("characters", codePoints(p.Replaced)))
		}
	}
}

// mismatches tells of messages that whoever bills them counts otherwise (US-SC-036).
func (l *lines) mismatches(f event.MessagesBegun) {
	for i := range f.Messages {
		if p := &f.Messages[i]; p.Mismatch != nil {
			l.warn("segmentFingerprint is not the text's: the message is sent all the same", slog.String("operatorId", f.OperatorID), "",
				slog.String("messageId", p.MessageID), slog.String("given", p.Mismatch.Given), slog.String("ours", p.Mismatch.Ours),
				slog.Int("segments", p.Segments), slog.String("traceId", TraceID(p.Mismatch.Trace)))
		}
	}
}

// command writes a line for every command that somebody gave (issue 7): who, what,
// when. It is never limited either.
func (l *lines) command(f event.CommandGiven) {
	message, level := "command carried out", slog.LevelInfo
	attrs := []slog.Attr{slog.Bool("audit", true), slog.String("command", f.Verb), slog.String("target", f.Target),
		slog.String("by", f.By), slog.String("commandId", f.ID), slog.Any("binds", f.Binds)}
	if f.To != "" {
		attrs = append(attrs, slog.String("to", f.To))
	}
	if f.Err != "" {
		message, level = "command not carried out", slog.LevelWarn
		attrs = append(attrs, slog.String("error", f.Err))
	}
	l.log.LogAttrs(context.Background(), level, message, attrs...)
}

// maxCodePoints bounds the characters that an audit line names.
const maxCodePoints = 32

// codePoints names each character once, by its number and in the order of the
// numbers: which ones were replaced, and nothing of the text that they stood in.
func codePoints(characters []rune) []string {
	distinct := slices.Compact(slices.Sorted(slices.Values(characters)))
	names := make([]string, 0, min(len(distinct), maxCodePoints))
	for _, r := range distinct[:min(len(distinct), maxCodePoints)] {
		names = append(names, fmt.Sprintf("%U", r))
	}
	return names
}

func (l *lines) dependency(f event.DependencyChanged) {
	about := slog.String("dependency", f.Name)
	if f.Up {
		l.away.back(f.Name)
		l.limited(slog.LevelInfo, often, f.Name+" is there", about, "up")
		return
	}
	l.warn(f.Name+" is away", about, "down", slog.String("error", f.Err))
	l.away.gone(f.Name, time.Now(), f.Err)
}

// endsSoon is how long before its end a certificate is told of, as SmppTlsCertificateEnds does.
const endsSoon = 14 * 24 * time.Hour

func (l *lines) certificate(f event.CertificateSeen) {
	if left := f.Ends.Sub(f.At); left < endsSoon {
		l.limited(slog.LevelWarn, seldom, "a certificate ends soon: then no line can be made with it any more", slog.String("mno", f.MNO), f.Host+certificateOf[f.Ours],
			slog.String("host", f.Host), slog.String("certificate", certificateOf[f.Ours]), slog.Time("ends", f.Ends.UTC()))
	}
}

// onBind is the log field of a bind: the path of its actor.
func onBind(b port.BindID) slog.Attr { return slog.String("bind", b.Path()) }

func (l *lines) warn(message string, about slog.Attr, detail string, attrs ...slog.Attr) {
	l.limited(slog.LevelWarn, often, message, about, detail, attrs...)
}

// limited writes a line unless too many of its key were written.
func (l *lines) limited(level slog.Level, at limit, message string, about slog.Attr, detail string, attrs ...slog.Attr) {
	if !l.log.Enabled(context.Background(), level) {
		return
	}
	ok, suppressed := l.flood.pass(floodKey{message, about.Value.String(), detail}, at, time.Now())
	if !ok {
		return
	}
	attrs = append(attrs, about)
	if suppressed > 0 {
		attrs = append(attrs, slog.Int("suppressed", suppressed))
	}
	l.log.LogAttrs(context.Background(), level, message, attrs...)
}

// settle ends the reminders, and tells what floods left untold.
func (l *lines) settle() {
	l.away.stop()
	for key, n := range l.flood.leftovers() {
		l.log.Warn("lines were suppressed", slog.String("line", key.line), slog.String("about", key.about),
			slog.String("detail", key.detail), slog.Int("suppressed", n))
	}
}

package telemetry

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
)

// eventSubjects are counted from 0: an alert that asks for an increase does not see
// a series whose first value is already the trouble.
var eventSubjects = []string{contract.SubjectDLRInbound, contract.SubjectDLRPart, contract.SubjectDLROrphan, contract.SubjectMOInbound,
	contract.SubjectDLQ, contract.SubjectSubmitted, contract.SubjectOperatorHealth, contract.SubjectBindDegraded}

// recorder is the only place where facts become numbers.
type recorder struct {
	started  time.Time // of the process, as far as counters are concerned
	families [metricCount]family
	tree     atomic.Pointer[port.BindGauges] // nil until the tree stands
	size     atomic.Int64                    // octets of the last scrape, so that the next one takes its memory at once

	mu    sync.RWMutex
	binds map[port.BindID]*bindSeries
	near  [nearBinds]atomic.Pointer[bindSeries] // those that facts came of last

	egress egress

	// What bounds the label values that come from outside.
	statuses   statusNames
	receipts   *vocabulary // states of receipts
	deviations *vocabulary // kinds of protocol violation
	reasons    *vocabulary // of dead letters
	consumers  *vocabulary // of JetStream
	operators  *vocabulary // operatorIds, which a dead letter quotes
	paths      *vocabulary // of actors
	strategies *vocabulary // of long messages
	hosts      *vocabulary // of MNOs, host:port
	names      *vocabulary // states, encodings, dependencies: ours, so bounded unless a caller errs
}

func newRecorder(now time.Time, out Egress) *recorder {
	r := &recorder{
		started: now, binds: make(map[port.BindID]*bindSeries),
		// All of SMPP 3.4's and 5.0's names, and room for a few vendors' own.
		statuses:   statusNames{words: newVocabulary(128)},
		receipts:   newVocabulary(16),
		deviations: newVocabulary(32),
		reasons:    newVocabulary(64),
		operators:  newVocabulary(1024),
		consumers:  newVocabulary(3 * maxBinds),
		paths:      newVocabulary(4096),
		strategies: newVocabulary(8),
		hosts:      newVocabulary(1024),
		names:      newVocabulary(64),
	}
	for id := range r.families {
		r.families[id] = family{metric: Table[id], cells: make(map[string]*cell), hists: make(map[string]*durations)}
	}
	for _, subject := range eventSubjects {
		r.of(notStored).cell(subject)
	}
	r.egress.begin(r, out)
	return r
}

func (r *recorder) of(id metricID) *family { return &r.families[id] }

// add adds n to a bind's series of a metric that has no further labels.
func (r *recorder) add(id metricID, bind port.BindID, n int) {
	v := r.bind(bind).values
	r.of(id).cell(v[0], v[1], v[2]).add(n)
}

// addNamed adds n to a bind's series of a metric with one further label.
func (r *recorder) addNamed(id metricID, bind port.BindID, label string, n int) {
	v := r.bind(bind).values
	r.of(id).cell(v[0], v[1], v[2], label).add(n)
}

// record counts a fact. A fact that has no metric is none's business here.
func (r *recorder) record(f event.Fact) {
	switch f := f.(type) {
	case event.ResponsesReceived:
		r.responses(f)
	case event.MessagesBegun:
		r.planned(f)
	case event.MessagesSettled:
		r.of(settled).cell(r.operators.admit(f.OperatorID)).add(f.Count)
		v := r.laneValues(f.MNO, f.Direction, f.Lane, f.Consumer)
		r.of(laneAcks).cell(v[:]...).add(f.Count)
	case event.ReceiptsHeard:
		r.receiptsHeard(f)
	case event.MessageHeard:
		r.messageHeard(f)
	case event.PartsHeard:
		r.partsHeard(f)
	case event.OutcomeUnknown:
		r.bind(f.Bind).unknown.add(f.Segments)
	case event.InboundRefused:
		r.add(inboundRefused, f.Bind, f.Count)
	case event.EventsNotStored:
		r.of(notStored).cell(r.names.admit(f.Subject)).add(f.Count)
	case event.AnsweredLate:
		v := r.bind(f.Bind).values
		r.of(lateAnswers).cell(v[0], v[1], v[2], r.statuses.name(f.Status)).add(1)
	case event.DoubtDecided:
		v := r.bind(f.Bind).values
		r.of(doubts).cell(v[0], v[1], v[2], r.names.admit(f.Decision)).add(1)
	case event.OperatorConfigured:
		r.of(fingerprints).cell(r.operators.admit(f.OperatorID)) // from 0: an alert on its increase must see the first
	case event.DeadLettered:
		r.of(deadLetters).cell(r.operators.admit(f.OperatorID), r.reasons.admit(f.Reason)).add(1)
	case event.TPSThrottled:
		r.add(tpsThrottled, f.Bind, f.Messages)
	case event.RedisFailedOpen:
		r.add(redisFailOpen, f.Bind, f.PDUs)
	case event.BindStateChanged:
		r.bind(f.Bind).show(r, r.names.admit(f.To))
	case event.SubmitsHalted:
		r.add(halfClosed, f.Bind, 1)
	case event.RedialScheduled:
		r.add(reconnectAttempts, f.Bind, 1)
	case event.BindRefused:
		status := "no_answer"
		if f.Status != codec.StatusOK {
			status = r.statuses.name(f.Status)
		}
		r.addNamed(bindRefused, f.Bind, status, 1)
	case event.HostFailed:
		r.addNamed(hostFailed, f.Bind, r.hosts.admit(f.Host), 1)
	case event.BindDegraded:
		r.addNamed(bindDegraded, f.Bind, r.names.admit(f.Reason), 1)
	case event.FailoverStep:
		r.of(failoverSteps).cell(r.operators.admit(f.OperatorID), r.names.admit(f.Step)).add(1)
	case event.EnquireLinkIgnored:
		r.add(enquireLinkIgnored, f.Bind, 1)
	case event.EnquireLinkTimedOut:
		r.add(enquireLinkTimeouts, f.Bind, 1)
	case event.DispatchLooked:
		stream, messages := r.names.admit(f.Stream), 0
		for _, u := range f.Unserved {
			messages += int(u.Messages)
		}
		r.of(unserved).cell(stream).set(messages)
		r.of(oldestCommand).cell(stream).set(int(f.Oldest / time.Second))
		r.of(dispatchMaxAge).cell(stream).set(int(f.MaxAge / time.Second))
		r.of(dispatchConsumers).cell(stream).set(f.Consumers)
	case event.AnswersLost:
		r.add(answersLost, f.Bind, 1)
	case event.SequenceSkipped:
		r.add(sequenceSkips, f.Bind, int(min(max(f.By, 1), 1<<31)))
	case event.ProtocolViolation:
		r.addNamed(violations, f.Bind, r.deviations.admit(f.What), 1)
	case event.ActorFailed:
		r.of(actorFailures).cell(r.paths.admit(f.Path), strconv.FormatBool(f.Bug)).add(1)
	case event.MaintenanceChanged:
		r.of(maintained).cell(r.operators.admit(f.MNO)).set(one(f.On))
	case event.BindOrdered:
		v := r.bind(f.Bind).values
		r.of(bindPaused).cell(v[:]...).set(one(f.Rest == "paused"))
	case event.CommandGiven:
		outcome := "done"
		if f.Err != "" {
			outcome = "failed"
		}
		r.of(commands).cell(r.names.admit(f.Verb), outcome).add(1)
	case event.LeaseWon:
		group := r.group(f.Bind.MNO, f.Bind.Direction)
		r.of(ownerChanges).cell(group...).add(1)
		for _, atZero := range []metricID{bindOrphans, leasesLost, bindsUnowned, bindsTwice} { // until the first check
			r.of(atZero).cell(group...)
		}
		r.of(clockSkew).cell("nats")
	case event.LeaseLost:
		r.of(leasesLost).cell(r.group(f.Bind.MNO, f.Bind.Direction)...).add(1)
	case event.BindOrphaned:
		r.of(bindOrphans).cell(r.group(f.Bind.MNO, f.Bind.Direction)...).add(1)
	case event.OwnershipChecked:
		group := r.group(f.MNO, f.Direction)
		r.of(ownerChanges).cell(group...)
		r.of(bindOrphans).cell(group...)
		r.of(bindsUnowned).cell(group...).set(f.Unowned)
		r.of(bindsTwice).cell(group...).set(f.Twice)
		r.of(livePods).cell(group...).set(f.Pods)
		r.of(silentPods).cell(group...).set(f.Silent)
	case event.LaneChecked:
		group := r.group(f.MNO, f.Direction)
		r.of(laneBinds).cell(group[0], group[1], f.Lane.String()).set(f.Binds)
	case event.ClockSkewed:
		r.of(clockSkew).cell("nats").set(int(f.Skew.Round(time.Second) / time.Second))
	case event.DependencyChanged:
		r.of(dependencyUp).cell(r.names.admit(f.Name)).set(one(f.Up))
	case event.CertificateSeen:
		r.of(certificateEnds).cell(r.operators.admit(f.MNO), r.hosts.admit(f.Host), certificateOf[f.Ours]).set(int(f.Ends.Unix()))
	}
}

// certificateOf says whose a certificate is.
var certificateOf = map[bool]string{true: "ours", false: "mno"}

// one is a yes as a gauge has it.
func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// laneValues are the labels of a consumer: the consumers' number bounds the others.
func (r *recorder) laneValues(mno string, direction port.Direction, lane contract.Lane, consumer string) [4]string {
	if consumer = r.consumers.admit(consumer); consumer == "other" {
		return [4]string{"other", "", lane.String(), consumer}
	}
	return [4]string{mno, string(direction), lane.String(), consumer}
}

// group is the label values of the binds of one MNO and direction.
func (r *recorder) group(mno string, direction port.Direction) []string {
	return []string{r.operators.admit(mno), string(direction)}
}

// responses is the hot path: up to tens of thousands of answers a second.
func (r *recorder) responses(f event.ResponsesReceived) {
	b, asked := r.bind(f.Bind), 0
	for i := range f.Responses {
		answer := &f.Responses[i]
		b.status(r, answer.Status).add(1)
		if answer.Status == 0 {
			b.accepted.add(1)
			asked += one(answer.Asked)
		} else {
			b.refused.add(1)
		}
		b.took.observe(answer.Took, answer.Trace)
	}
	b.asked.add(asked)
}

// waited counts how long messages have waited, those of one lane and bucket together:
// most of a batch are alike.
func (r *recorder) waited(f event.MessagesBegun) {
	var b *bindSeries
	for i := 0; i < len(f.Messages); {
		first := &f.Messages[i]
		if first.Waited < 0 {
			i++
			continue
		}
		bucket, n, sum := bucketOf(first.Waited), 0, time.Duration(0)
		low, high := bucketEnds(bucket)
		for ; i < len(f.Messages); i++ {
			p := &f.Messages[i]
			if p.Lane != first.Lane || p.Waited <= low || p.Waited > high {
				break
			}
			n, sum = n+1, sum+p.Waited
		}
		if b == nil {
			b = r.bind(f.Bind)
		}
		b.wait(r, first.Lane).observeAlike(bucket, n, sum)
	}
}

// planned counts messages of one kind together: most of a batch are alike.
func (r *recorder) planned(f event.MessagesBegun) {
	r.waited(f)
	alike := 0
	for i := range f.Messages {
		p := &f.Messages[i]
		alike++
		if next := i + 1; next == len(f.Messages) || f.Messages[next].Encoding != p.Encoding || f.Messages[next].Forced != p.Forced {
			detection := "auto"
			if p.Forced {
				detection = "forced"
			}
			r.of(encodings).cell(r.names.admit(p.Encoding), detection).add(alike)
			alike = 0
		}
		if p.Strategy != "" {
			r.addNamed(longSegments, f.Bind, r.strategies.admit(p.Strategy), p.Segments)
		}
		if p.Mismatch != nil {
			r.of(fingerprints).cell(r.operators.admit(f.OperatorID)).add(1)
		}
	}
}

func (r *recorder) receiptsHeard(f event.ReceiptsHeard) {
	for status, n := range f.ByStatus {
		r.addNamed(dlrs, f.Bind, r.receipts.admit(status), n)
	}
	r.add(dlrParked, f.Bind, f.Parked)
	r.add(dlrRepeated, f.Bind, f.Repeated)
	r.add(dlrOrphans, f.Bind, f.Orphaned)
	r.add(dlrIncomplete, f.Bind, f.Incomplete)
	if len(f.Latencies) == 0 {
		return
	}
	d := r.of(dlrLatency).durations(r.bind(f.Bind).values[:]...)
	for _, took := range f.Latencies {
		d.observe(took, "")
	}
}

func (r *recorder) messageHeard(f event.MessageHeard) {
	r.add(moMessages, f.Bind, 1)
	switch {
	case f.Incomplete:
		r.add(concatPartial, f.Bind, 1)
	case f.Parts > 1:
		r.add(concatComplete, f.Bind, 1)
	}
}

func (r *recorder) partsHeard(f event.PartsHeard) {
	for outcome, n := range map[string]int{"added": f.Added, "repeated": f.Repeated, "reused": f.Reused, "late": f.Late, "refused": f.Refused} {
		if n > 0 {
			r.addNamed(moParts, f.Bind, outcome, n)
		}
	}
}

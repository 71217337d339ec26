package natsjs

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/ghasi/smpp-connector/actors/event"
)

// Options says which NATS to use and how. The zero value of a field is its default.
type Options struct {
	// URLs are the servers, as in nats://host:4222 or tls://host:4222; any of them will do.
	URLs []string
	// InProcess connects to a server in this process instead (standalone); URLs are then not used.
	InProcess nats.InProcessConnProvider
	// NKeySeedFile holds the user NKey's seed (US-SC-001); empty for a server that asks for none.
	NKeySeedFile string
	// Name is what the server's monitoring shows for this connection: the pod's name.
	Name string

	// Once makes NATS being away an error of Connect: for commands that somebody
	// waits for.
	Once bool

	// Listener hears event.DependencyChanged{Name: "nats"} when NATS goes away and comes back.
	Listener event.Listener
	// Logger hears what is not a fact but may explain one. Nothing of a message is logged.
	Logger *slog.Logger

	// StreamPerMNO has the commands for each MNO's binds wait in a stream of their own
	// (contract.StreamOfMNO) and not in one for all: a server asks all consumers of a work
	// queue at each acknowledgement, so MNOs that share one make each other's messages dear.
	StreamPerMNO bool

	// Replicas of the streams and buckets that are made: 1 by default, 3 in a
	// cluster. More replicas survive more lost servers and cost a round trip each.
	Replicas int
	// DispatchMaxAge is how long a command waits before it is gone: 72 h by default.
	DispatchMaxAge time.Duration
	// EventsMaxAge is how long events can be read: 7 days by default.
	EventsMaxAge time.Duration
	// CorrelationMaxAge is how long a correlation in KV lives: 73 h by default, an
	// hour over the 72 h of a correlation so that none goes before its time.
	CorrelationMaxAge time.Duration
	// Duplicates is how long a stream remembers a Nats-Msg-Id: 10 min by default.
	// Longer catches later repeats and costs the server memory for each id.
	Duplicates time.Duration

	// Binary publishes events as protobuf instead of JSON.
	Binary bool
	// Timeout ends a call whose context has no deadline: 10 s by default.
	Timeout time.Duration
}

// withDefaults fills in what is zero.
func (o Options) withDefaults() Options {
	if o.Name == "" {
		o.Name = "smpp-connector"
	}
	if o.Listener == nil {
		o.Listener = event.Listeners(nil)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Replicas == 0 {
		o.Replicas = 1
	}
	setDefault(&o.DispatchMaxAge, 72*time.Hour)
	setDefault(&o.EventsMaxAge, 7*24*time.Hour)
	setDefault(&o.CorrelationMaxAge, 73*time.Hour)
	setDefault(&o.Duplicates, 10*time.Minute)
	setDefault(&o.Timeout, 10*time.Second)
	return o
}

func setDefault(d *time.Duration, value time.Duration) {
	if *d == 0 {
		*d = value
	}
}

// validate reports everything that is wrong with the options.
func (o Options) validate() error {
	var complaints []error
	if o.InProcess == nil && len(o.URLs) == 0 {
		complaints = append(complaints, errors.New("nats: no URL: set NATS_URL, or leave it out to run standalone"))
	}
	if o.Replicas < 1 || o.Replicas > 5 {
		complaints = append(complaints, fmt.Errorf("nats: replicas is %d: want 1 to 5, and no more than the cluster has servers", o.Replicas))
	}
	for name, d := range map[string]time.Duration{
		"dispatch max age": o.DispatchMaxAge, "events max age": o.EventsMaxAge,
		"correlation max age": o.CorrelationMaxAge, "duplicates": o.Duplicates, "timeout": o.Timeout,
	} {
		if d < 0 {
			complaints = append(complaints, fmt.Errorf("nats: %s is %v: want a positive duration", name, d))
		}
	}
	return errors.Join(complaints...)
}

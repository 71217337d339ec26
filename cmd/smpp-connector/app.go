package main

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/ghasi/smpp-connector/actors"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/vitals"
	"github.com/ghasi/smpp-connector/config"
	"github.com/ghasi/smpp-connector/deploy/migrations"
	"github.com/ghasi/smpp-connector/infra/control"
	"github.com/ghasi/smpp-connector/infra/embedded"
	"github.com/ghasi/smpp-connector/infra/httpapi"
	"github.com/ghasi/smpp-connector/infra/kubernetes"
	"github.com/ghasi/smpp-connector/infra/natsjs"
	"github.com/ghasi/smpp-connector/infra/operators"
	"github.com/ghasi/smpp-connector/infra/page"
	"github.com/ghasi/smpp-connector/infra/postgres"
	"github.com/ghasi/smpp-connector/infra/redis"
	"github.com/ghasi/smpp-connector/infra/telemetry"
	contract "github.com/ghasi/smpp-connector/proto"
)

// retryUnanswered is the delay before a command comes again that was not sent, or
// whose outcome is unknown, because the line was lost.
const retryUnanswered = time.Second

// app is the connector as one value: the only place where actors meet infra.
// New, then Run until its context ends, which drains and closes; the end-to-end
// tests run the same value.
type app struct {
	cfg       atomic.Pointer[config.Config] // in force
	telemetry *telemetry.Telemetry
	listener  event.Listener
	tracer    port.Tracer // nil: nothing is traced

	http     *httpapi.Server
	embedded *embedded.Server
	nats     *natsjs.Conn
	redis    *redis.Client
	postgres *postgres.DB
	roster   *kubernetes.Pods // nil: nobody is asked which pods there are

	finder  *accounts
	control *control.Service // nil until the tree runs
	system  atomic.Pointer[actors.System]
	missing reasons       // what the process waits for
	started chan struct{} // closed when the tree runs

	draining *draining
	release  func() error // of the process's identity; nil: it is not kept
}

// appOptions are what a caller may set beside the configuration.
type appOptions struct {
	log      io.Writer      // stderr when nil
	listener event.Listener // hears every fact too; nil: nobody
	mute     bool           // no fact becomes a metric or a line, nothing is traced: what those cost is measured by it
}

// newApp starts what answers questions (telemetry, HTTP) and whatever does not
// depend on a server that may be away. An error is one that waiting cannot mend.
func newApp(ctx context.Context, cfg *config.Config, o appOptions) (_ *app, err error) {
	if o.log == nil {
		o.log = os.Stderr
	}
	a := &app{started: make(chan struct{}), draining: newDraining()}
	a.cfg.Store(cfg)
	defer func() {
		if err != nil {
			a.close(context.WithoutCancel(ctx))
		}
	}()
	a.telemetry, err = telemetry.New(telemetry.Options{Version: version(), Pod: cfg.Pod, OTLPEndpoint: cfg.Telemetry.OTLPEndpoint.Reveal(),
		SampleRatio: cfg.Telemetry.SampleRatio, LogLevel: cfg.Telemetry.LogLevel, LogWriter: o.log,
		Egress: telemetry.Egress{Pool: cfg.EgressPool, IPs: cfg.EgressIPs, BytesPerSecond: cfg.EgressBudget}})
	if err != nil {
		return nil, err
	}
	listeners := event.Listeners{&a.missing, startResting(ctx)}
	if !o.mute {
		listeners = append(listeners, a.telemetry)
		a.tracer = a.telemetry.Tracer()
	}
	if cfg.Recorder.DumpDir != "" {
		listeners = append(listeners, startDumper(ctx, a, cfg.Recorder))
	}
	if o.listener != nil {
		listeners = append(listeners, o.listener)
	}
	a.listener = listeners
	a.telemetry.Logger().Info("starting", "version", version())
	a.missing.set("start", "starting")
	a.http, err = httpapi.Start(httpapi.Options{HTTPAddr: cfg.HTTPAddr, DebugAddr: cfg.DebugAddr, Token: cfg.DebugToken.Reveal(), TokenNow: newDebugToken(cfg, a.telemetry.Logger()).now, Service: "smpp-connector", Version: version(),
		Metrics: a.telemetry.Handler(), Ready: a.ready, Page: page.New(page.Options{Look: a.look, History: a.history}), Recording: a.recording, Capture: a.capture, Config: func(w io.Writer) error { return a.cfg.Load().Print(w) }, Drain: a.drain, Drained: func() any { return a.draining.show() }, Logger: a.telemetry.Logger()})
	if err != nil {
		return nil, err
	}
	a.telemetry.Logger().Info("listening", "http", a.http.HTTPAddr(), "debug", a.http.DebugAddr())
	if err = a.connect(ctx); err != nil {
		return nil, err
	}
	return a, nil
}

// connect opens the connections. A server that is away is no error: each of them
// goes on trying by itself.
func (a *app) connect(ctx context.Context) (err error) {
	cfg := a.cfg.Load()
	options := natsjs.Options{NKeySeedFile: cfg.NATS.NKeySeedFile, Name: cfg.Pod, Listener: a.listener, Logger: a.telemetry.Logger(),
		StreamPerMNO: cfg.NATS.DispatchStreams == config.DispatchPerMNO, Replicas: cfg.NATS.Replicas, DispatchMaxAge: cfg.NATS.DispatchMaxAge, EventsMaxAge: cfg.NATS.EventsMaxAge, Duplicates: cfg.NATS.DuplicateWindow,
		CorrelationMaxAge: cfg.LongestExpiry() + time.Hour, Binary: cfg.Dispatch.EventsFormat == "protobuf"}
	if cfg.Standalone() {
		a.embedded, err = embedded.Start(ctx, embedded.Options{DataDir: cfg.DataDir, Listen: cfg.NATS.Listen, Logger: a.telemetry.Logger()})
		if err != nil {
			return err
		}
		a.telemetry.Logger().Info("standalone: embedded NATS", "url", a.embedded.URL(), "data", cfg.DataDir)
		// Over loopback TCP, not in process: that is a net.Pipe, without a buffer,
		// and costs a fifth of the throughput (measured).
		options.URLs = []string{a.embedded.URL()}
	} else {
		options.URLs = []string{cfg.NATS.URL.Reveal()}
	}
	if a.nats, err = natsjs.Connect(ctx, options); err != nil {
		return err
	}
	if selector := cfg.Kubernetes.PodSelector; selector != "" {
		a.roster, err = kubernetes.Open(kubernetes.Options{Selector: selector, Listener: a.listener})
		if err != nil {
			return err
		}
	}
	if url := cfg.Redis.URL.Reveal(); url != "" {
		if a.redis, err = redis.Open(redis.Options{URL: url, Listener: a.listener, CounterTimeout: cfg.Redis.Timeout}); err != nil {
			return err
		}
	}
	if url := cfg.Postgres.URL.Reveal(); url != "" {
		a.postgres, err = postgres.Open(postgres.Options{URL: url, Migrations: migrations.Files, Listener: a.listener, Expiry: cfg.LongestExpiry()})
	}
	return err
}

// Run starts the actor tree as soon as NATS lets it, and ends when ctx does:
// drained within the configured time, everything closed.
func (a *app) Run(ctx context.Context) error {
	starting, stopStart := context.WithCancel(ctx)
	defer stopStart()
	a.draining.stopsStart(stopStart)
	err := a.start(starting)
	close(a.draining.startOver)
	switch {
	case err == nil:
		close(a.started)
		select {
		case <-ctx.Done():
		case <-a.system.Load().Failed():
			err = errors.New("the actor tree has failed again and again: see the log; ending, so that a new process can start")
		}
	case errors.Is(err, context.Canceled): // SIGTERM, or a drain before there was anything to drain
		<-ctx.Done()
		err = nil
	}
	return errors.Join(err, a.shutdown(context.WithoutCancel(ctx)))
}

// start waits for NATS, starts the tree, and opens the way in for commands.
func (a *app) start(ctx context.Context) error {
	orders, err := a.await(ctx)
	if err != nil {
		return err
	}
	if a.finder, err = a.accounts(); err != nil {
		return err
	}
	cfg := a.cfg.Load()
	system, err := actors.Start(actors.Options{Ports: a.ports(a.finder), Listener: a.listener, Tracer: a.tracer, Operators: operatorIDs(cfg), Lanes: lanes(cfg), Orders: orders, Identity: a.identify(cfg),
		PermitTimeout: cfg.Redis.Timeout, Duplicates: cfg.NATS.DuplicateWindow, Pods: func() int { return cfg.Redis.Pods }, Numbers: a.numbers, Backoff: a.finder.backoff,
		MaxPDU: cfg.MaxPDU, Drain: drainTime(cfg), Block: cfg.Sequence.Block, Refresh: cfg.Management.Refresh, Orphan: func() time.Duration { return a.cfg.Load().Receipts.OrphanAfter }, Recorder: cfg.Recorder.Octets}, a.telemetry.ActorLogger())
	if err != nil {
		return err
	}
	a.telemetry.ReadBinds(system.Tree())
	a.system.Store(system)
	if now := a.cfg.Load(); now != cfg { // a reload came before there was anything to tell
		system.SetOperators(operatorIDs(now))
		system.Refresh()
	}
	if err := a.heed(ctx, system); err != nil {
		return err
	}
	a.missing.clear("start")
	return nil
}

func (a *app) ports(finder *accounts) actors.Ports {
	p := actors.Ports{Accounts: finder, Dispatch: a.nats.Source(), Publisher: a.nats.Publisher(), Park: a.nats.Receipts(), Leases: a.nats.Leases(), Presence: a.nats.Presence()}
	if a.roster != nil {
		p.Roster = a.roster
	}
	if a.postgres != nil {
		p.Correlations = a.postgres
	} else {
		p.Correlations = a.nats.Correlations()
	}
	if a.redis != nil {
		p.Counters, p.Concat, p.Permits = a.redis, a.redis, a.redis
	} else {
		p.Counters, p.Concat = a.nats.Counters(), a.nats.Concats()
	}
	return p
}

func (a *app) accounts() (*accounts, error) {
	finder := &accounts{cfg: a.cfg.Load, streams: a.nats, listener: a.listener}
	if a.postgres != nil {
		finder.settings = a.postgres
	}
	cfg := a.cfg.Load()
	if url := cfg.Management.URL.Reveal(); url != "" {
		client, err := operators.New(operators.Options{URL: url, Timeout: cfg.Management.Timeout, Defaults: finder.defaults, Listener: a.listener})
		if err != nil {
			return nil, err
		}
		finder.credentials = &operators.Remembering{Next: client}
	}
	return finder, nil
}

func operatorIDs(cfg *config.Config) []string {
	ids := make([]string, len(cfg.Operators))
	for i, op := range cfg.Operators {
		ids[i] = op.ID
	}
	return ids
}

// lanes are the lanes that the pod serves, most urgent first (US-SC-018).
func lanes(cfg *config.Config) (served []contract.Lane) {
	for _, l := range contract.Lanes() {
		if slices.Contains(cfg.Lanes, l.String()) {
			served = append(served, l)
		}
	}
	return served
}

// drainTime is the longest that an operator's window may take to empty.
func drainTime(cfg *config.Config) time.Duration {
	longest := cfg.Timers.Drain
	for _, op := range cfg.Operators {
		longest = max(longest, op.Timers.Drain)
	}
	return longest
}

// ready is /ready: at least one bind is BOUND, or none is this pod's to bind and nothing
// is missing (US-SC-015). Whoever is stopping is not ready, though it still drains.
func (a *app) ready() (bool, []string) {
	why := a.missing.list(operatorIDs(a.cfg.Load()))
	system := a.system.Load()
	if system == nil {
		return false, why
	}
	if err := system.Ready(); err != nil {
		return false, append(why, err.Error())
	}
	bound := system.Tree().Bound() > 0
	return bound && !a.missing.has(stopping) || len(why) == 0, why
}

// look is what the page and `smpp-connector tree` show.
func (a *app) look() page.View {
	v := page.View{Pod: a.cfg.Load().Pod, Version: version(), At: time.Now()}
	v.Ready, v.Reasons = a.ready()
	if system := a.system.Load(); system != nil {
		v.Actors = system.Tree().Snapshot()
	}
	return v
}

func (a *app) history(bind string) ([]vitals.Sample, bool) {
	system := a.system.Load()
	if system == nil {
		return nil, false
	}
	return system.Tree().History(bind)
}

// shutdown is what SIGTERM brings (decisions.md, 015): not ready, stop pulling,
// drain, unbind, close.
func (a *app) shutdown(ctx context.Context) error {
	a.telemetry.Logger().Info("stopping: the windows empty, the binds unbind", "atMost", drainTime(a.cfg.Load()).String())
	a.drain()
	<-a.draining.over
	if a.control != nil {
		a.control.Stop()
	}
	err := a.draining.failure()
	if system := a.system.Swap(nil); system != nil {
		stop, cancel := context.WithTimeout(ctx, 10*time.Second)
		err = errors.Join(err, system.Stop(stop))
		cancel()
	}
	err = errors.Join(err, a.close(ctx))
	if err == nil { // whoever runs the process says an error
		a.telemetry.Logger().Info("stopped")
	}
	return err
}

func (a *app) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var errs []error
	if a.finder != nil {
		a.finder.close()
	}
	if a.nats != nil {
		errs = append(errs, a.nats.Close(ctx))
	}
	if a.redis != nil {
		a.redis.Close()
	}
	if a.postgres != nil {
		a.postgres.Close()
	}
	if a.embedded != nil {
		errs = append(errs, a.embedded.Close(ctx))
	}
	if a.release != nil {
		errs = append(errs, a.release())
	}
	if a.http != nil {
		errs = append(errs, a.http.Shutdown(ctx))
	}
	if a.telemetry != nil {
		errs = append(errs, a.telemetry.Shutdown(ctx))
	}
	return errors.Join(errs...)
}

var _ port.BindGauges = (*actors.Tree)(nil)

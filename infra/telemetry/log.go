package telemetry

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
)

// newLogger makes the process's logger: JSON, one event one line, each with the pod.
func newLogger(w io.Writer, least *slog.LevelVar, pod string) *slog.Logger {
	log := slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: least, ReplaceAttr: maskSecrets}))
	if pod != "" {
		log = log.With(slog.String("pod", pod))
	}
	return log
}

// SetLogLevel changes which lines are written, from now on: debug, info, warn or
// error; empty is info.
func (t *Telemetry) SetLogLevel(level string) error {
	var least slog.Level
	if level != "" {
		if err := least.UnmarshalText([]byte(level)); err != nil {
			return fmt.Errorf("log level %q: want debug, info, warn or error", level)
		}
	}
	t.level.Set(least)
	return nil
}

// maskSecrets is the last belt: nobody logs a secret, and if somebody does, under
// a name that says so, the value stays here.
func maskSecrets(_ []string, a slog.Attr) slog.Attr {
	switch strings.ToLower(a.Key) {
	case "password", "passwd", "secret", "token", "seed", "authorization", "text", "short_message", "shortmessage", "payload":
		return slog.String(a.Key, "***")
	}
	return a
}

// typesOnly is the handler behind protoactor's logger. The library logs whole
// messages (a dead letter, a failure's cause); ours hold texts and credentials.
// What is left of a value here is its type, of a PID its path, of a Go runtime
// error (a nil map, an index) its words. What it calls INFO is the daily work of
// a supervisor, which our own facts tell better: DEBUG.
type typesOnly struct{ next slog.Handler }

func (h typesOnly) Enabled(ctx context.Context, l slog.Level) bool {
	return h.next.Enabled(ctx, lowered(l))
}
func (h typesOnly) WithGroup(name string) slog.Handler { return typesOnly{h.next.WithGroup(name)} }

func lowered(l slog.Level) slog.Level {
	if l == slog.LevelInfo {
		return slog.LevelDebug
	}
	return l
}

func (h typesOnly) WithAttrs(attrs []slog.Attr) slog.Handler {
	kept := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		kept[i] = typeOnly(a)
	}
	return typesOnly{h.next.WithAttrs(kept)}
}

func (h typesOnly) Handle(ctx context.Context, r slog.Record) error {
	kept := slog.NewRecord(r.Time, lowered(r.Level), r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		kept.AddAttrs(typeOnly(a))
		return true
	})
	return h.next.Handle(ctx, kept)
}

func typeOnly(a slog.Attr) slog.Attr {
	switch v := a.Value.Any().(type) {
	case interface{ GetId() string }: // *actor.PID, which this package need not import
		return slog.String(a.Key, v.GetId())
	case runtime.Error:
		return slog.String(a.Key, v.Error())
	case bool, int64, uint64, float64:
		return a
	case string:
		if a.Key != "message" { // a message can be a plain string; the library's own words are under other names
			return a
		}
	}
	return slog.String(a.Key, fmt.Sprintf("%T", a.Value.Any()))
}

package embedded

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
)

// logBridge hands the server's warnings and errors to slog, and keeps its
// notices to itself: a connector that starts has one line to say, not twenty.
type logBridge struct {
	to *slog.Logger

	mu   sync.Mutex
	last string // the fatal error, if there was one
}

func (l *logBridge) Warnf(format string, v ...any)  { l.say(slog.LevelWarn, format, v) }
func (l *logBridge) Errorf(format string, v ...any) { l.say(slog.LevelError, format, v) }

// Fatalf keeps the reason why the server cannot go on. It ends nothing: Start reports it.
func (l *logBridge) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = fmt.Sprintf(format, v...)
}

func (l *logBridge) Noticef(string, ...any) {}
func (l *logBridge) Debugf(string, ...any)  {}
func (l *logBridge) Tracef(string, ...any)  {}

func (l *logBridge) say(level slog.Level, format string, v []any) {
	l.to.Log(context.Background(), level, "embedded nats: "+fmt.Sprintf(format, v...)) // the server has no context to give
}

func (l *logBridge) fatal() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

package httpapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/pprof"
	"time"
)

// publicPages are the pages of HTTP_ADDR.
func publicPages(o Options, started time.Time) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, health{"ok", o.Service, o.Version, int64(time.Since(started).Seconds())})
	})
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) {
		ready, reasons := o.Ready()
		if ready {
			answer(w, http.StatusOK, readiness{Ready: true})
			return
		}
		answer(w, http.StatusServiceUnavailable, readiness{Reasons: reasons})
	})
	mux.Handle("GET /metrics", o.Metrics)
	return hardened(mux)
}

// health is the body of /health.
type health struct {
	Status        string `json:"status"`
	Service       string `json:"service,omitempty"`
	Version       string `json:"version,omitempty"`
	UptimeSeconds int64  `json:"uptimeSeconds"`
}

// readiness is the body of /ready.
type readiness struct {
	Ready   bool     `json:"ready"`
	Reasons []string `json:"reasons,omitempty"` // why not
}

// debugPages are the pages of DEBUG_ADDR.
func debugPages(o Options) http.Handler {
	open, guarded := http.NewServeMux(), http.NewServeMux()
	if o.Page != nil {
		toTree := http.RedirectHandler("/debug/actors", http.StatusFound)
		guarded.Handle("GET /{$}", toTree)
		guarded.Handle("GET /debug/{$}", toTree)
		guarded.Handle("GET /debug/actors", inTurn(o.Page))
		guarded.Handle("GET /debug/actors/stream", o.Page)
		guarded.Handle("GET /debug/binds/", inTurn(o.Page))
		open.Handle("GET /debug/assets/", o.Page) // nothing in them is of this process
	}
	if o.Recording != nil {
		guarded.Handle("GET /debug/binds/{bind}/pdus", inTurn(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { recording(w, r, o) })))
	}
	if o.Config != nil {
		guarded.HandleFunc("GET /debug/config", func(w http.ResponseWriter, _ *http.Request) {
			var b bytes.Buffer
			if err := o.Config(&b); err != nil {
				http.Error(w, "the configuration could not be printed", http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = w.Write(b.Bytes()) // the client has gone: nobody is left to tell
		})
	}
	if o.Drain != nil {
		guarded.HandleFunc("GET /debug/drain", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, o.Drained()) })
		guarded.HandleFunc("POST /debug/drain", func(w http.ResponseWriter, _ *http.Request) { // sameOrigin keeps other sites' forms away
			o.Drain()
			answer(w, http.StatusOK, o.Drained())
		})
	}
	if o.Token == "" {
		open.Handle("/", guarded)
		return hardened(onlyLoopbackNames(sameOrigin(open)))
	}
	guarded.HandleFunc("GET /debug/pprof/", pprof.Index)
	guarded.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	guarded.HandleFunc("GET /debug/pprof/profile", pprof.Profile) // refuses a time above writeTimeout
	guarded.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	guarded.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	t := newToken(o)
	open.HandleFunc("GET "+loginPath, t.form)
	open.HandleFunc("POST "+loginPath, t.login)
	open.HandleFunc("POST /debug/logout", t.logout)
	open.Handle("/", t.required(guarded))
	return hardened(sameOrigin(open))
}

// recording shows a bind's last PDUs: as JSON, or with ?format=pcapng as a file for
// Wireshark.
func recording(w http.ResponseWriter, r *http.Request, o Options) {
	bind := r.PathValue("bind")
	const unknown = "no such bind here: want mno.direction.number, as in awcc.trx.1"
	switch format := r.URL.Query().Get("format"); format {
	case "", "json":
		if s, ok := o.Recording(bind); ok {
			answer(w, http.StatusOK, s)
			return
		}
		http.Error(w, unknown, http.StatusNotFound)
	case "pcapng":
		var b bytes.Buffer
		ok, err := o.Capture(&b, bind)
		switch {
		case err != nil:
			http.Error(w, "the file could not be written", http.StatusInternalServerError)
		case !ok:
			http.Error(w, unknown, http.StatusNotFound)
		default:
			w.Header().Set("Content-Type", "application/x-pcapng")
			w.Header().Set("Content-Disposition", `attachment; filename="`+bind+`.pcapng"`)
			_, _ = w.Write(b.Bytes()) // the client has gone: nobody is left to tell
		}
	default:
		http.Error(w, "format: want json or pcapng", http.StatusBadRequest)
	}
}

// answer writes a JSON body. What cannot be encoded is a bug of the one who
// supplied it, and answers 500.
func answer(w http.ResponseWriter, status int, body any) {
	octets, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "the answer could not be encoded", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(octets, '\n')) // the client has gone: nobody is left to tell
}

// hardened sets the headers that keep a browser from doing more with an answer
// than show it.
func hardened(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// onlyLoopbackNames refuses a request that a browser sends here under somebody
// else's name.
func onlyLoopbackNames(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopback(r.Host) {
			http.Error(w, "the debug pages answer to 127.0.0.1 and localhost only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"html/template"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/actors/vitals"
)

//go:embed templates/*.html assets/*
var files embed.FS

// templates are parsed once: what is wrong in one is wrong in every process, and a
// test finds it.
var templates = template.Must(template.ParseFS(files, "templates/*.html"))

// policy lets the browser run our one script and our one style sheet and nothing else,
// and no script make markup of a text (Trusted Types).
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// Options are what the page shows. The functions must not block.
type Options struct {
	Look    func() View
	History func(bind string) ([]vitals.Sample, bool) // false: no such bind here
}

// Page serves everything that doc.go lists.
type Page struct {
	http.Handler
	o   Options
	hub *hub
}

// New makes a page. It starts nothing until somebody watches.
func New(o Options) *Page {
	mux := http.NewServeMux()
	p := &Page{Handler: mux, o: o, hub: &hub{look: o.Look, every: time.Second}}
	mux.HandleFunc("GET /debug/actors", p.actors)
	mux.HandleFunc("GET /debug/actors/stream", p.stream)
	mux.HandleFunc("GET /debug/binds/{bind}", p.bind)
	mux.HandleFunc("GET /debug/binds/{bind}/history", p.history)
	mux.HandleFunc("GET /debug/assets/{file}", asset)
	return p
}

// shell is what a template is filled with; everything else comes over the stream.
type shell struct {
	Bind string        // of a bind's page
	Life template.HTML // likewise: the drawing
	Tag  string        // of the assets, so that a browser never mixes two versions
}

func (p *Page) actors(w http.ResponseWriter, r *http.Request) {
	if wantsPage(r) {
		render(w, "actors.html", shell{Tag: assetTag})
		return
	}
	v := p.o.Look()
	if v.Actors == nil {
		v.Actors = []vitals.Actor{}
	}
	answer(w, v)
}

// bindView is one bind as JSON: itself, and the actors below it.
type bindView struct {
	At     time.Time      `json:"at"`
	Bind   *vitals.Bind   `json:"bind"`
	Actors []vitals.Actor `json:"actors"`
}

func (p *Page) bind(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("bind")
	view := p.o.Look()
	out := bindView{At: view.At}
	below := pathOf(view.Actors, name)
	for _, a := range view.Actors {
		switch {
		case below == "" || !isBelow(a.Path, below):
		case a.Path == below:
			out.Bind = a.Bind
			a.Bind = nil
			fallthrough
		default:
			out.Actors = append(out.Actors, a)
		}
	}
	switch {
	case out.Bind == nil:
		unknown(w)
	case wantsPage(r):
		render(w, "bind.html", shell{Bind: name, Life: drawing, Tag: assetTag})
	default:
		answer(w, out)
	}
}

var drawing = lifeCycle()

// pathOf is the path of the bind of that name, or nothing.
func pathOf(actors []vitals.Actor, bind string) string {
	for i := range actors {
		if b := actors[i].Bind; b != nil && b.Bind == bind {
			return actors[i].Path
		}
	}
	return ""
}

func (p *Page) history(w http.ResponseWriter, r *http.Request) {
	samples, ok := p.o.History(r.PathValue("bind"))
	if !ok {
		unknown(w)
		return
	}
	if samples == nil {
		samples = []vitals.Sample{}
	}
	answer(w, samples)
}

func unknown(w http.ResponseWriter) {
	http.Error(w, "no such bind here: want mno.direction.number, as in awcc.trx.1; /debug/actors lists them", http.StatusNotFound)
}

// writeWithin bounds one write to a browser that does not read.
const writeWithin = 10 * time.Second

// quietFor is the longest silence of a stream, so that a proxy on the way keeps it.
const quietFor = 15 * time.Second

// stream sends the tree and then its changes, until the browser leaves.
func (p *Page) stream(w http.ResponseWriter, r *http.Request) {
	below := ""
	if bind := r.URL.Query().Get("bind"); bind != "" {
		if below = pathOf(p.o.Look().Actors, bind); below == "" {
			unknown(w)
			return
		}
	}
	watcher, ok := p.hub.watch(below)
	if !ok {
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many pages watch this process already: close some", http.StatusServiceUnavailable)
		return
	}
	defer p.hub.leave(watcher)
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // the server's bound is for requests, and this one is over
	quiet := time.NewTicker(quietFor)
	defer quiet.Stop()
	for {
		var frame []byte
		select {
		case f, more := <-watcher.frames:
			if !more {
				return // too slow; EventSource comes again by itself
			}
			frame = f
			quiet.Reset(quietFor)
		case <-quiet.C:
			frame = []byte(":\n\n")
		case <-r.Context().Done():
			return
		}
		_ = control.SetWriteDeadline(time.Now().Add(writeWithin)) // where it cannot be set, the server's own holds
		if _, err := w.Write(frame); err != nil {
			return
		}
		if err := control.Flush(); err != nil {
			return
		}
	}
}

// wantsPage reports whether a browser asks, and not a program.
func wantsPage(r *http.Request) bool {
	switch r.URL.Query().Get("format") {
	case "json":
		return false
	case "html":
		return true
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

func render(w http.ResponseWriter, name string, with shell) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, with); err != nil {
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Vary", "Accept")
	_, _ = w.Write(b.Bytes()) // the client has gone: nobody is left to tell
}

func answer(w http.ResponseWriter, body any) {
	octets, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "the answer could not be encoded", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Vary", "Accept")
	_, _ = w.Write(append(octets, '\n'))
}

// assetTag is of the contents of all assets.
var assetTag = func() string {
	sum := sha256.New()
	entries, err := files.ReadDir("assets")
	if err != nil {
		panic(err) // it is in the program
	}
	for _, e := range entries {
		octets, err := files.ReadFile("assets/" + e.Name())
		if err != nil {
			panic(err)
		}
		sum.Write(octets)
	}
	return hex.EncodeToString(sum.Sum(nil)[:6])
}()

// asset serves a file of the program. Its address has the tag, so it may be kept.
func asset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	octets, err := files.ReadFile("assets/" + name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	if r.URL.Query().Get("v") == assetTag {
		w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	_, _ = w.Write(octets)
}

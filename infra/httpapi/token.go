package httpapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
)

// token is how somebody shows that they may look: programs by "Authorization: Bearer
// TOKEN", browsers by a cookie that the login page gives for the token. The cookie
// is a moment and its keyed hash, so that it holds no token, and nothing is
// remembered here: another token makes all of them void.
type token struct {
	secret func() string
	now    func() time.Time
}

// bearer is the hash of the header that shows the token, typed that of the token itself,
// and key is what cookies are signed with.
func (t *token) bearer() [sha256.Size]byte { return sha256.Sum256([]byte("Bearer " + t.secret())) }
func (t *token) typed() [sha256.Size]byte  { return sha256.Sum256([]byte(t.secret())) }
func (t *token) key() [sha256.Size]byte {
	return sha256.Sum256([]byte("cookies of the debug pages\x00" + t.secret()))
}

const (
	loginPath  = "/debug/login"
	cookieName = "smpp_connector_debug"
	cookieLife = 12 * time.Hour // a shift
	maxForm    = 4 << 10
)

func newToken(o Options) *token {
	t := &token{secret: o.TokenNow, now: time.Now}
	if t.secret == nil {
		t.secret = func() string { return o.Token }
	}
	return t
}

// required lets those through who have shown the token. The hashes are compared, so
// that the time it takes tells neither the token's octets nor its length.
func (t *token) required(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if t.shown(r) {
			next.ServeHTTP(w, r)
			return
		}
		if r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") {
			http.Redirect(w, r, loginPath+"?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
			return
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="debug"`)
		http.Error(w, "the debug pages need the debug token: Authorization: Bearer …", http.StatusUnauthorized)
	})
}

func (t *token) shown(r *http.Request) bool {
	got, want := sha256.Sum256([]byte(r.Header.Get("Authorization"))), t.bearer()
	if subtle.ConstantTimeCompare(got[:], want[:]) == 1 {
		return true
	}
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return false
	}
	until, sum, _ := strings.Cut(cookie.Value, ".")
	if subtle.ConstantTimeCompare([]byte(sum), []byte(t.sign(until))) != 1 {
		return false
	}
	seconds, err := strconv.ParseInt(until, 10, 64)
	return err == nil && t.now().Before(time.Unix(seconds, 0))
}

func (t *token) sign(until string) string {
	key := t.key()
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(until))
	return hex.EncodeToString(mac.Sum(nil))
}

// form is the login page.
func (t *token) form(w http.ResponseWriter, r *http.Request) {
	showForm(w, http.StatusOK, r.URL.Query().Get("next"), "")
}

// login gives the cookie for the token.
func (t *token) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form could not be read", http.StatusBadRequest)
		return
	}
	got, want := sha256.Sum256([]byte(strings.TrimSpace(r.PostForm.Get("token")))), t.typed()
	if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
		showForm(w, http.StatusUnauthorized, r.PostForm.Get("next"), "That is not the debug token of this process.")
		return
	}
	until := strconv.FormatInt(t.now().Add(cookieLife).Unix(), 10)
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: until + "." + t.sign(until), Path: "/debug", MaxAge: int(cookieLife.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil})
	http.Redirect(w, r, ours(r.PostForm.Get("next")), http.StatusSeeOther)
}

// logout takes the cookie back.
func (t *token) logout(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/debug", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, loginPath, http.StatusSeeOther)
}

// ours is where to go after the login: a page of ours, whatever the address says.
func ours(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/debug/") || path.Clean(u.Path) != u.Path || strings.Contains(next, `\`) {
		return "/debug/actors"
	}
	return u.RequestURI()
}

func showForm(w http.ResponseWriter, status int, next, complaint string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	if complaint != "" {
		complaint = `<p class="note" role="alert">` + html.EscapeString(complaint) + `</p>`
	}
	fmt.Fprintf(w, `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Log in · smpp-connector</title>`+
		`<link rel="icon" href="/debug/assets/icon.svg"><link rel="stylesheet" href="/debug/assets/page.css"></head><body data-page="login"><main><h1>smpp-connector</h1>%s`+
		`<form method="post" action="%s"><input type="hidden" name="next" value="%s"><label for="token">Debug token</label>`+
		`<input id="token" name="token" type="password" autocomplete="current-password" required autofocus><button>Log in</button></form></main></body></html>`,
		complaint, loginPath, html.EscapeString(ours(next)))
}

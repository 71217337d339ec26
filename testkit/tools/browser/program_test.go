package browser

import (
	"bufio"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// demo runs the program's own demonstration, which stays up, and returns the address
// of its tree.
func demo(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "smpp-connector")
	build := exec.Command("go", "build", "-o", program, "./cmd/smpp-connector")
	build.Dir = "../../.."
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, said)
	}
	run := exec.Command(program, "demo", "--keep", "--messages", "60")
	out, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = run.Process.Kill()
		_ = run.Wait() // killed
	})
	address := make(chan string, 1)
	done := make(chan struct{}, 1)
	go func() {
		link := regexp.MustCompile(`http://\S+/debug/actors`)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if found := link.FindString(lines.Text()); found != "" {
				address <- found
			}
			if strings.Contains(lines.Text(), "came back as a receipt exactly once") {
				done <- struct{}{}
			}
		}
	}()
	var at string
	for range 2 {
		select {
		case at = <-address:
		case <-done:
		case <-time.After(5 * time.Minute):
			t.Fatal("the demonstration did not end well")
		}
	}
	return at
}

// demoSecrets are pieces of what goes through the demonstration: of its texts, of the
// numbers that they go to, and the simulator's password.
var demoSecrets = []string{"verification code", "482913", "prepaid", "تایید کوډ", "بسته انترنت", "تم تفعيل", "septet too many", "9370000000", `"secret"`,
	"766572696669636174696f6e", // "verification", in hex
	"0633062a",                 // the beginning of the Pashto text, UCS2 in hex
}

// The real program behind the real page: its bind, its numbers, its flight recorder;
// and none of the texts, the numbers or the password that went through it.
func TestTheProgramsOwnPageHoldsNoText(t *testing.T) {
	address := demo(t)
	ctx := open(t)
	do(t, ctx, "open the page", screen{width: 1400, height: 900}.set(), chromedp.Navigate(address))
	is(t, ctx, row("demo.trx.1")+`.querySelector('.state').textContent === 'BOUND'`)
	is(t, ctx, row("demo.trx.1")+`.querySelector('.mix small').textContent === 'all ESME_ROK'`)
	shown := say(t, ctx, `document.documentElement.outerHTML`)
	click(t, ctx, `#rows .row .name a`)
	is(t, ctx, `document.body.dataset.bind === 'demo.trx.1' && document.querySelectorAll('#pdus li').length > 40`)
	is(t, ctx, `document.querySelector('.life .lit').dataset.state === 'BOUND'`)
	is(t, ctx, `document.getElementById('pdus').textContent.includes('submit_sm') && document.getElementById('pdus').textContent.includes('deliver_sm')`)
	shown += say(t, ctx, `document.documentElement.outerHTML`)
	shoot(t, ctx, "program")
	base := strings.TrimSuffix(address, "/debug/actors")
	for _, path := range []string{say(t, ctx, `document.querySelector('.heading a.button').getAttribute('href')`), "/debug/actors", "/debug/binds/demo.trx.1", "/debug/binds/demo.trx.1/pdus"} {
		resp, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || len(body) < 500 {
			t.Errorf("%s: %s, %d octets, %v", path, resp.Status, len(body), err)
		}
		shown += string(body)
	}
	for _, secret := range demoSecrets {
		if strings.Contains(shown, secret) {
			t.Errorf("%q is shown", secret)
		}
	}
}

package chart

import (
	"path"
	"slices"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// US-SC-020: where the owners of binds are held against the pods that run, the pods
// may list pods and nothing else, and the policy opens the API.
func TestUSSC020Reconcile(t *testing.T) {
	r := must(t, two)
	if len(r.roles)+len(r.bindings) != 0 || environment(r.deployments["smpp-connector-awcc-trx"])["KUBERNETES_POD_SELECTOR"] != "" {
		t.Error("it is an option")
	}
	r = must(t, two+"reconcile: {enabled: true, apiServers: [{cidr: 10.96.0.1/32, port: 443}]}\n")
	if rules := r.roles[0].Rules; len(rules) != 1 || strings.Join(rules[0].Resources, ",") != "pods" || strings.Join(rules[0].Verbs, ",") != "list" {
		t.Errorf("may %+v", rules)
	}
	if b := r.bindings[0]; b.RoleRef.Name != r.roles[0].Name || b.Subjects[0].Name != r.serviceAccounts[0].Name || b.Subjects[0].Namespace != "messaging" {
		t.Errorf("binding %+v", b)
	}
	for name, d := range r.deployments {
		selector, err := labels.Parse(environment(d)["KUBERNETES_POD_SELECTOR"])
		if err != nil || !*d.Spec.Template.Spec.AutomountServiceAccountToken {
			t.Fatalf("%s: %v", name, err)
		}
		for other, o := range r.deployments { // all that serve the same binds, lane groups too
			same := environment(d)["MNO_ID"] == environment(o)["MNO_ID"] && environment(d)["BIND_DIRECTION"] == environment(o)["BIND_DIRECTION"]
			if selector.Matches(labels.Set(o.Spec.Template.Labels)) != same {
				t.Errorf("%s asks for the pods of %s", name, other)
			}
		}
	}
	if egress := r.policies["smpp-connector-awcc"].Spec.Egress; len(egress) != 9 {
		t.Errorf("%d rules", len(egress))
	}
	if _, err := render(two + "reconcile: {enabled: true}\n"); err == nil || !strings.Contains(err.Error(), "reconcile.apiServers") {
		t.Errorf("without the API's address: %v", err)
	}
}

// Issue 5: one stream of commands for all MNOs, or one for each; nothing else.
func TestDispatchStreams(t *testing.T) {
	for values, want := range map[string]string{two: "shared", two + "nats: {dispatchStreams: mno}\n": "mno"} {
		for name, d := range must(t, values).deployments {
			if got := environment(d)["NATS_DISPATCH_STREAMS"]; got != want {
				t.Errorf("%s: NATS_DISPATCH_STREAMS %q, want %q", name, got, want)
			}
		}
	}
	if _, err := render(two + "nats: {dispatchStreams: operator}\n"); err == nil || !strings.Contains(err.Error(), "dispatchStreams") {
		t.Errorf("a value that there is not: %v", err)
	}
}

// Without Redis each pod keeps to its share: the chart knows among how many.
func TestUSSC012SharesAreOfAllPodsOfAnMno(t *testing.T) {
	r := must(t, two)
	for name, want := range map[string]string{"smpp-connector-awcc-tx": "8", "smpp-connector-awcc-trx-p0p1": "8", "smpp-connector-roshan-trx": "1"} {
		if got := environment(r.deployments[name])["REDIS_PODS"]; got != want {
			t.Errorf("%s: REDIS_PODS %q, want %q", name, got, want)
		}
	}
}

// US-SC-015: the schema first, then the pods.
func TestUSSC015MigratesBeforeTheUpgrade(t *testing.T) {
	if r := must(t, two); len(r.jobs) != 0 {
		t.Error("it is an option")
	}
	job := must(t, two+"migrate: {enabled: true, urlSecret: {name: postgres-owner, key: url}}\n").jobs[0]
	if job.Annotations["helm.sh/hook"] != "pre-install,pre-upgrade" || job.Spec.Template.Spec.Containers[0].Args[0] != "migrate" || job.Spec.Template.Spec.Containers[0].Env[0].ValueFrom.SecretKeyRef.Name != "postgres-owner" {
		t.Errorf("%+v", job)
	}
	if _, err := render("migrate: {enabled: true}"); err == nil || !strings.Contains(err.Error(), "migrate.urlSecret") {
		t.Errorf("without a database: %v", err)
	}
}

// Issue 8: the debug token stands in a Secret, and the pod is told where its file is:
// no environment and no manifest holds it.
func TestTheDebugTokenIsAFileOfASecret(t *testing.T) {
	d := must(t, two).deployments["smpp-connector-awcc-trx"]
	if env := environment(d); env["DEBUG_TOKEN_FILE"] != "" || env["DEBUG_ADDR"] != "" {
		t.Errorf("it is an option, and the page stays on loopback: %v", env)
	}
	for name, d := range must(t, two+"debug: {tokenSecret: {name: smpp-debug, key: page}}\n").deployments {
		file := environment(d)["DEBUG_TOKEN_FILE"]
		pod := d.Spec.Template.Spec
		mount := slices.IndexFunc(pod.Containers[0].VolumeMounts, func(m core.VolumeMount) bool { return m.MountPath == path.Dir(file) })
		if mount < 0 || !pod.Containers[0].VolumeMounts[mount].ReadOnly {
			t.Fatalf("%s: nothing is mounted for %s", name, file)
		}
		volume := slices.IndexFunc(pod.Volumes, func(v core.Volume) bool { return v.Name == pod.Containers[0].VolumeMounts[mount].Name })
		secret := pod.Volumes[volume].Secret
		if secret.SecretName != "smpp-debug" || secret.Items[0].Key != "page" || secret.Items[0].Path != path.Base(file) {
			t.Errorf("%s: %+v", name, secret)
		}
		if mode := *secret.DefaultMode; mode&0o007 != 0 || mode&0o040 == 0 || pod.SecurityContext.FSGroup == nil {
			t.Errorf("%s: the file is %o: want it for the pod's group alone", name, mode)
		}
		if environment(d)["DEBUG_ADDR"] != "" {
			t.Errorf("%s: the page left loopback", name)
		}
	}
}

package chart

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// two are two MNOs as a values.yaml lists them.
const two = `
nats: {url: "nats://nats:4222", nkeySecret: {name: nats-nkey, key: seed}}
redis: {urlSecret: {name: redis, key: url}}
postgres: {urlSecret: {name: postgres, key: url}}
operatorManagement: {url: "http://operator-management-service:3000"}
otlp: {endpoint: "http://collector:4318"}
mnos:
  - name: awcc
    smpp: [{cidr: 203.0.113.10/32, port: 2775}, {cidr: 203.0.113.11/32, port: 2776}]
    egress: {pool: awcc-nat, ips: [198.51.100.7, 198.51.100.8], budgetBytes: 12500000}
    directions:
      tx: {replicas: 2}
      rx: {}
      trx: {replicas: 3, maxBinds: 1, laneGroups: [{lanes: [P0, P1], replicas: 2}]}
  - name: roshan
    operatorIds: [roshan, roshan-bulk]
    smpp: [{cidr: 192.0.2.0/28, port: 3550}]
    directions:
      trx: {lanes: [P2, P3]}
`

// US-SC-016: "Deployments named smpp-connector-awcc-tx, -awcc-rx, -awcc-trx, etc. for
// each MNO × direction"; US-SC-018: reserved pods in a Deployment of their own.
func TestUSSC016OneDeploymentForEachMnoDirectionAndLaneGroup(t *testing.T) {
	r := must(t, two)
	want := map[string]struct {
		mno, direction, operators, lanes, pool string
		replicas                               int32
	}{
		"smpp-connector-awcc-tx":       {"awcc", "tx", "awcc", "", "awcc-nat", 2},
		"smpp-connector-awcc-rx":       {"awcc", "rx", "awcc", "", "awcc-nat", 1},
		"smpp-connector-awcc-trx":      {"awcc", "trx", "awcc", "", "awcc-nat", 3},
		"smpp-connector-awcc-trx-p0p1": {"awcc", "trx", "awcc", "P0,P1", "awcc-nat", 2},
		"smpp-connector-roshan-trx":    {"roshan", "trx", "roshan,roshan-bulk", "P2,P3", "roshan", 1},
	}
	if got := slices.Sorted(maps.Keys(r.deployments)); !slices.Equal(got, slices.Sorted(maps.Keys(want))) {
		t.Fatalf("Deployments %v", got)
	}
	for name, w := range want {
		d := r.deployments[name]
		env := environment(d)
		if *d.Spec.Replicas != w.replicas || env["MNO_ID"] != w.mno || env["BIND_DIRECTION"] != w.direction || env["OPERATOR_IDS"] != w.operators || env["LANES"] != w.lanes || env["EGRESS_IP_POOL"] != w.pool {
			t.Errorf("%s: %d replicas, %v", name, *d.Spec.Replicas, env)
		}
		pod := d.Spec.Template
		if pod.Labels["smpp-connector/mno"] != w.mno || pod.Labels["smpp-connector/direction"] != w.direction || pod.Labels["smpp-connector/egress-pool"] != w.pool {
			t.Errorf("%s: labels %v", name, pod.Labels)
		}
		if pod.Spec.NodeSelector["node-pool"] != "np-data" {
			t.Errorf("%s: nodeSelector %v", name, pod.Spec.NodeSelector)
		}
	}
	env := environment(r.deployments["smpp-connector-awcc-trx"])
	for name, value := range map[string]string{"EGRESS_IPS": "198.51.100.7,198.51.100.8", "EGRESS_BUDGET_BYTES": "12500000", "MAX_BINDS": "1"} {
		if env[name] != value {
			t.Errorf("%s: %q, want %q", name, env[name], value)
		}
	}
}

// US-SC-016: "new MNO requires only adding to values.yaml".
func TestUSSC016ANewMnoIsOneEntry(t *testing.T) {
	before := must(t, two)
	after := must(t, two+"  - {name: etisalat, smpp: [{cidr: 192.0.2.200/32, port: 2775}], directions: {trx: {}}}\n")
	if after.deployments["smpp-connector-etisalat-trx"] == nil || after.policies["smpp-connector-etisalat"] == nil || after.budgets["smpp-connector-etisalat-trx"] == nil {
		t.Error("not all of it is there")
	}
	for name, d := range before.deployments {
		if !reflect.DeepEqual(after.deployments[name], d) {
			t.Errorf("%s has changed, and its pods would restart", name)
		}
	}
}

// What strict decoding does not see: a selector that finds the Deployment's own pods
// and nobody else's.
func TestSelectorsFindTheirPodsAlone(t *testing.T) {
	r := must(t, two)
	for name, d := range r.deployments {
		for other, o := range r.deployments {
			if finds(t, d.Spec.Selector, o) != (name == other) {
				t.Errorf("%s's selector and the pods of %s", name, other)
			}
			if finds(t, r.budgets[name].Spec.Selector, o) != (name == other) {
				t.Errorf("%s's disruption budget and the pods of %s", name, other)
			}
		}
		if !labels.SelectorFromSet(r.services[0].Spec.Selector).Matches(labels.Set(d.Spec.Template.Labels)) {
			t.Errorf("the Service does not find %s", name)
		}
	}
	for name, p := range r.policies {
		for other, d := range r.deployments {
			mine := strings.HasPrefix(other, name+"-")
			if finds(t, &p.Spec.PodSelector, d) != mine {
				t.Errorf("policy %s and the pods of %s", name, other)
			}
		}
	}
}

// US-SC-016: "same (mno, direction) cannot colocate on the same node", lane groups included.
func TestUSSC016AntiAffinity(t *testing.T) {
	r := must(t, two)
	for name, d := range r.deployments {
		terms := d.Spec.Template.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution
		if len(terms) != 1 || terms[0].TopologyKey != core.LabelHostname {
			t.Fatalf("%s: %+v", name, terms)
		}
		for other, o := range r.deployments {
			same := environment(d)["MNO_ID"] == environment(o)["MNO_ID"] && environment(d)["BIND_DIRECTION"] == environment(o)["BIND_DIRECTION"]
			if finds(t, terms[0].LabelSelector, o) != same {
				t.Errorf("%s and %s on one node", name, other)
			}
		}
	}
}

// US-SC-015: probes, pre-stop hook, and a rollout that never waits for itself.
func TestUSSC015ProbesAndRollout(t *testing.T) {
	for seconds, d := range map[int64]*apps.Deployment{
		30: must(t, two).deployments["smpp-connector-awcc-tx"], 120: must(t, two+"drainSeconds: 120\n").deployments["smpp-connector-awcc-tx"],
	} {
		pod, container := d.Spec.Template.Spec, d.Spec.Template.Spec.Containers[0]
		if container.LivenessProbe.HTTPGet.Path != "/health" || container.ReadinessProbe.HTTPGet.Path != "/ready" {
			t.Errorf("probes %v, %v", container.LivenessProbe, container.ReadinessProbe)
		}
		if port := container.Ports[0]; port.Name != container.LivenessProbe.HTTPGet.Port.StrVal || port.Name != container.ReadinessProbe.HTTPGet.Port.StrVal || environment(d)["HTTP_ADDR"] != ":8080" || port.ContainerPort != 8080 {
			t.Errorf("ports %v", container.Ports)
		}
		if !slices.Equal(container.Lifecycle.PreStop.Exec.Command, []string{"/smpp-connector", "drain"}) {
			t.Errorf("pre-stop %v", container.Lifecycle.PreStop)
		}
		// The process gives a drain 10 s above DRAIN_TIMEOUT and its end 20 s more.
		if *pod.TerminationGracePeriodSeconds <= seconds+30 {
			t.Errorf("grace period %d s for a drain of %d s", *pod.TerminationGracePeriodSeconds, seconds)
		}
		if rolling := d.Spec.Strategy.RollingUpdate; d.Spec.Strategy.Type != apps.RollingUpdateDeploymentStrategyType || rolling.MaxSurge.IntValue() != 0 || rolling.MaxUnavailable.IntValue() != 1 {
			t.Errorf("strategy %+v", d.Spec.Strategy)
		}
	}
}

func TestPodsAreLockedDown(t *testing.T) {
	for name, d := range must(t, two).deployments {
		pod := d.Spec.Template.Spec
		container := pod.Containers[0]
		if !*pod.SecurityContext.RunAsNonRoot || *pod.SecurityContext.RunAsUser != 65532 || pod.SecurityContext.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault || *pod.AutomountServiceAccountToken {
			t.Errorf("%s: %+v", name, pod.SecurityContext)
		}
		if s := container.SecurityContext; !*s.ReadOnlyRootFilesystem || *s.AllowPrivilegeEscalation || !slices.Equal(s.Capabilities.Drop, []core.Capability{"ALL"}) {
			t.Errorf("%s: %+v", name, s)
		}
		if container.Resources.Limits.Memory().IsZero() || container.Resources.Requests.Cpu().IsZero() {
			t.Errorf("%s: resources %+v", name, container.Resources)
		}
	}
}

// Secrets by reference: no value of one is in any object.
func TestSecretsAreReferences(t *testing.T) {
	r := must(t, two+"secretMounts: [awcc-smpp]\n")
	pod := r.deployments["smpp-connector-awcc-tx"].Spec.Template.Spec
	refs := map[string]string{}
	for _, e := range pod.Containers[0].Env {
		if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
			refs[e.Name] = e.ValueFrom.SecretKeyRef.Name + "/" + e.ValueFrom.SecretKeyRef.Key
		}
	}
	if want := map[string]string{"REDIS_URL": "redis/url", "POSTGRES_URL": "postgres/url"}; !maps.Equal(refs, want) {
		t.Errorf("%v", refs)
	}
	mounts := map[string]string{}
	for _, v := range pod.Volumes {
		if v.Secret != nil {
			for _, m := range pod.Containers[0].VolumeMounts {
				if m.Name == v.Name {
					mounts[v.Secret.SecretName] = m.MountPath
				}
			}
		}
	}
	if want := map[string]string{"nats-nkey": "/run/secrets/nats-nkey", "awcc-smpp": "/run/secrets/awcc-smpp"}; !maps.Equal(mounts, want) {
		t.Errorf("%v", mounts)
	}
	if r := must(t, "nats: {urlSecret: {name: nats, key: url}}\n"+strings.SplitN(two, "\n", 3)[2]); environment(r.deployments["smpp-connector-awcc-tx"])["NATS_URL"] != "" {
		t.Error("NATS_URL stands in the Deployment beside the Secret that has it")
	}
}

// environment is the plain variables of a Deployment's container.
func environment(d *apps.Deployment) map[string]string {
	env := map[string]string{}
	for _, e := range d.Spec.Template.Spec.Containers[0].Env {
		env[e.Name] = e.Value
	}
	return env
}

func finds(t *testing.T, selector *meta.LabelSelector, d *apps.Deployment) bool {
	t.Helper()
	s, err := meta.LabelSelectorAsSelector(selector)
	if err != nil {
		t.Fatal(err)
	}
	return s.Matches(labels.Set(d.Spec.Template.Labels))
}

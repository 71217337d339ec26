package config

import (
	"os"
	"strings"
)

// layers is what an operator is made of, from the ground up: the process's
// timers, the default profile, the named profile, the operator's entry.
type layers struct {
	timers   Timers
	profiles profileSet
	entry    flat
	prefix   string // of the entry's complaints: "operators[awcc]."
}

// build merges the layers. name is the profile's; empty: the entry's, else the default.
func (l *layers) build(name string) (op Operator, complaints []error) {
	op.Timers = l.timers
	op.layers = l
	for _, row := range accountSettings {
		if row.std != "" {
			row.field(&op).read(row.std)
		}
	}
	profile := func(o *Operator) *Profile { return &o.Profile }
	ground := lift("", profileSettings, profile)

	// What these layers have to say of themselves was said when they were read.
	fill(&op, ground, l.profiles[defaultProfile], "")
	if name == "" {
		name, _ = scalar(l.entry["profile"])
	}
	if name == "" {
		name = defaultProfile
	}
	if _, known := l.profiles[name]; !known {
		complaints = append(complaints, &Complaint{
			Path: l.prefix + "profile", Shape: shapeOf(name, false),
			Want: "one of " + strings.Join(l.profiles.names(), ", "),
		})
	}
	fill(&op, ground, l.profiles[name], "")
	complaints = append(complaints, fill(&op, operatorSettings, l.entry, l.prefix)...)
	op.ProfileName = name
	return op, append(complaints, op.readFiles(l.prefix)...)
}

// readFiles puts the content of the files that the entry or the profile names
// into the fields that they stand for.
func (o *Operator) readFiles(prefix string) (complaints []error) {
	read := func(path, name string, put func(string)) {
		if name == "" {
			return
		}
		octets, err := os.ReadFile(name)
		if err != nil {
			complaints = append(complaints, &Complaint{
				Path: prefix + path, Shape: shapeOf(name, false),
				Want: "a file that can be read (" + reason(err) + ")",
			})
			return
		}
		put(string(octets))
	}
	if o.Password != "" && o.PasswordFile != "" {
		complaints = append(complaints, &Complaint{Path: prefix + "passwordFile", Shape: shapeOf(o.PasswordFile, false),
			Want: "either password or passwordFile, not both"})
	}
	read("passwordFile", o.PasswordFile, func(s string) { o.Password = Secret(strings.TrimRight(s, "\r\n")) })
	read("tls.caFile", o.TLS.CAFile, func(s string) { o.TLS.CA = s })
	read("tls.clientCertificateFile", o.TLS.ClientCertificateFile, func(s string) { o.TLS.ClientCertificate = s })
	read("tls.clientKeyFile", o.TLS.ClientKeyFile, func(s string) { o.TLS.ClientKey = Secret(s) })
	return complaints
}

// reason is an I/O error without the name of the file, which the complaint has.
func reason(err error) string {
	_, why, found := strings.Cut(err.Error(), ": ")
	if !found {
		return err.Error()
	}
	return why
}

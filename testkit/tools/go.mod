// Heavy tools live in a module of their own, so that the program's go.mod stays
// lean: nothing here is linked into smpp-connector.
module github.com/ghasi/smpp-connector/testkit/tools

go 1.26.8

require (
	github.com/bufbuild/protocompile v0.14.1
	google.golang.org/protobuf v1.36.12
)

require golang.org/x/sync v0.8.0 // indirect

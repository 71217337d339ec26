// Command generate compiles proto/smpp_connector.proto and writes
// proto/smpp_connector.pb.go beside it. It needs the Go toolchain and the module
// proxy, no protoc: bufbuild/protocompile parses and links the definition, and
// protoc-gen-go, a tool of the program's own go.mod, so of the very version of
// the runtime that it links, writes the Go.
//
//	cd testkit/tools && go run ./generate          write the file
//	cd testkit/tools && go run ./generate -check   compare only: exit 1 when it differs
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/protoutil"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/pluginpb"
)

// definition is the one file that is compiled, relative to the root of the
// program's module; the generated file stands beside it.
const definition = "proto/smpp_connector.proto"

func main() {
	root := flag.String("root", "../..", "the root of the module github.com/ghasi/smpp-connector, seen from here")
	check := flag.Bool("check", false, "compare with the committed file and write nothing")
	flag.Parse()
	if err := run(context.Background(), *root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root string, check bool) error {
	request, err := compile(ctx, root)
	if err != nil {
		return fmt.Errorf("compile %s: %w", definition, err)
	}
	made, err := generate(ctx, root, request)
	if err != nil {
		return err
	}
	for _, file := range made {
		path := filepath.Join(root, filepath.FromSlash(file.GetName()))
		if check {
			err = compare(path, file.GetContent())
		} else {
			err = os.WriteFile(path, []byte(file.GetContent()), 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// compile turns the definition and what it imports into what protoc would hand
// to a plugin. Comments travel with it: they become the Go doc comments.
func compile(ctx context.Context, root string) (*pluginpb.CodeGeneratorRequest, error) {
	compiler := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: []string{root}}),
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	files, err := compiler.Compile(ctx, definition)
	if err != nil {
		return nil, err
	}
	request := &pluginpb.CodeGeneratorRequest{
		FileToGenerate: []string{definition},
		Parameter:      proto.String("paths=source_relative"),
	}
	for _, file := range files {
		imports := file.Imports()
		for i := range imports.Len() {
			request.ProtoFile = append(request.ProtoFile, protodesc.ToFileDescriptorProto(imports.Get(i).FileDescriptor))
		}
		request.ProtoFile = append(request.ProtoFile, protoutil.ProtoFromFileDescriptor(file))
	}
	return request, nil
}

// generate runs protoc-gen-go as the tool that root's go.mod names.
func generate(ctx context.Context, root string, request *pluginpb.CodeGeneratorRequest) ([]*pluginpb.CodeGeneratorResponse_File, error) {
	in, err := proto.Marshal(request)
	if err != nil {
		return nil, err
	}
	plugin := exec.CommandContext(ctx, "go", "tool", "protoc-gen-go")
	plugin.Dir, plugin.Stdin, plugin.Stderr = root, bytes.NewReader(in), os.Stderr
	out, err := plugin.Output()
	if err != nil {
		return nil, fmt.Errorf("go tool protoc-gen-go: %w", err)
	}
	var response pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(out, &response); err != nil {
		return nil, fmt.Errorf("read the answer of protoc-gen-go: %w", err)
	}
	if response.Error != nil {
		return nil, errors.New(response.GetError())
	}
	return response.GetFile(), nil
}

func compare(path, want string) error {
	have, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if string(have) != want {
		return fmt.Errorf("%s is not what %s makes: run `make generate` and commit the file", path, definition)
	}
	return nil
}

package cli

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// schemas are the JSON Schemas of what the commands print, by name.
//
//go:embed schema/*.json
var schemas embed.FS

// besideNames are the fields that tapedeck adds to a recording, in their order.
var besideNames = []string{
	"profile", "short_sid", "word", "active", "gone", "kind", "who", "from", "to", "conference", "began", "running_for",
	"level", "timeline", "pause", "ack", "timer", "trouble", "update", "ended",
}

// schemaNames are the commands whose JSON has a schema, and its file.
var schemaNames = []struct{ command, file string }{
	{"list", "list"}, {"show", "list"}, {"pause", "results"}, {"resume", "results"}, {"stop", "results"}, {"start", "results"}, {"ack", "results"},
	{"watch", "watch"}, {"doctor", "doctor"}, {"report", "report"},
	{"drill", "drill"}, {"unrecorded", "unrecorded"},
}

// schema returns the command that prints the JSON Schema of what another prints.
func (r *runner) schema() *cobra.Command {
	var words []string
	for _, s := range schemaNames {
		words = append(words, s.command)
	}
	return &cobra.Command{
		Use:   "schema COMMAND",
		Short: "Print the JSON Schema of what a command prints",
		Long: `schema prints the JSON Schema (2020-12) of what a command prints with --json and
without a choice of fields: ` + strings.Join(words, ", ") + `. For watch it is that of
each line.`,
		Example:   "  tapedeck schema list",
		ValidArgs: words,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(cmd.CommandPath()+" needs the name of one command", "one of "+strings.Join(words, ", "))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			b, ok := schemaOf(args[0])
			if !ok {
				return usage("there is no schema for "+strconv.Quote(args[0]), "one of "+strings.Join(words, ", "))
			}
			if _, err := r.Stdout.Write(b); err != nil {
				return fmt.Errorf("print the schema: %w", err)
			}
			return nil
		},
	}
}

// schemaOf returns the schema of what a command prints, with what it refers to
// in itself.
func schemaOf(command string) (b []byte, ok bool) {
	for _, s := range schemaNames {
		if s.command == command {
			return bundled(s.file), true
		}
	}
	return nil, false
}

// bundled returns a schema with those that several share among its definitions.
func bundled(file string) []byte {
	var all map[string]json.RawMessage
	read := func(name string) json.RawMessage {
		b, err := schemas.ReadFile("schema/" + name + ".json")
		if err != nil {
			panic(err) // it is in the program
		}
		return b
	}
	if err := json.Unmarshal(read(file), &all); err != nil {
		panic(err)
	}
	defs := map[string]json.RawMessage{"recording": read("recording"), "update": read("update"), "call": read("call")}
	if own, ok := all["$defs"]; ok { // it shares nothing with them
		clear(defs)
		if err := json.Unmarshal(own, &defs); err != nil {
			panic(err)
		}
	}
	all["$defs"], _ = json.Marshal(defs)
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		panic(err)
	}
	return append(b, '\n')
}

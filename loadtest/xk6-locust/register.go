// Package xk6locust is a k6 extension that behaves like Locust. It adds the module k6/x/locust, the executor that runs
// its users, the command k6 x locust, and support for directories as arguments of k6 run.
package xk6locust

import (
	"fmt"
	"os"

	"go.k6.io/k6/v2/errext/exitcodes"
	"go.k6.io/k6/v2/js/modules"
	"go.k6.io/k6/v2/subcommand"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/cli"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/entry"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/executor"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/module"
)

func init() {
	modules.Register(module.ImportPath, module.New())
	executor.Register()
	subcommand.RegisterExtension(cli.Name, cli.New)
	if err := cli.SkipCatalog(os.Args); err != nil {
		panic(err)
	}
	// k6 reads os.Args after all init functions. It has no other hook for the directory of `k6 run DIR`.
	os.Args = entry.Resolve(os.Args, entry.OS{})
	if err := entry.CheckSyntax(entry.Script(os.Args)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(int(exitcodes.ScriptException))
	}
}

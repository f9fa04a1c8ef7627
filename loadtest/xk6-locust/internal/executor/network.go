package executor

import (
	"context"
	"fmt"

	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/network"
)

// Init rejects options of k6 that cannot be applied to users. k6 calls it before setup().
func (x *Executor) Init(context.Context) error {
	if err := network.Check(x.state.Test.Options); err != nil {
		return errext.WithExitCodeIfNone(fmt.Errorf("scenario %s: %w", x.config.GetName(), err), exitcodes.InvalidConfig)
	}
	return nil
}

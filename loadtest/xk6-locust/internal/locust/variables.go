package locust

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const prefix = "LOCUST_"

// known lists the variables that CheckNames accepts. If a name is similar to one of them, CheckNames suggests this
// variable.
var known = []string{
	EnvUsers, EnvSpawnRate, EnvRunTime, EnvStopTimeout, EnvHost, EnvTags, EnvExcludeTags, EnvUserClasses, EnvProcesses, EnvIterations,
	EnvExpectWorkers, EnvCSV, EnvCSVFullHistory, EnvHTML, EnvJSON, EnvJSONFile, EnvPrintStats, EnvOnlySummary, EnvResetStats, EnvWorker,
	EnvMasterHost, EnvMasterPort, "LOCUST_EXIT_CODE_ON_ERROR", "LOCUST_LOCUSTFILE", "LOCUST_LOGLEVEL", "LOCUST_LOGFILE",
	"LOCUST_SKIP_LOG_SETUP", "LOCUST_SHOW_TASK_RATIO", EnvMaster, EnvMasterBindHost, EnvMasterBindPort, EnvWorkersMaxWait,
	"LOCUST_ENABLE_REBALANCING", "LOCUST_HEADLESS", "LOCUST_AUTOSTART", "LOCUST_AUTOQUIT",
}

// replaced maps variables of old Locust versions, and names that users may guess, to the current names.
var replaced = map[string]string{
	"LOCUST_CLIENTS": EnvUsers, "LOCUST_NUM_USERS": EnvUsers, "LOCUST_HATCH_RATE": EnvSpawnRate, "LOCUST_DURATION": EnvRunTime,
	"LOCUST_WORKER": EnvWorker, "LOCUST_MASTER_HOST": EnvMasterHost, "LOCUST_MASTER_PORT": EnvMasterPort,
}

var errVariable = errors.New("is unknown")

// CheckNames returns an error if the name of a variable looks like a misspelled Locust variable. Such a variable would
// have no effect. The names of a script's own variables may begin with LOCUST_ if they are different enough.
func CheckNames(names []string) error {
	for _, name := range slices.Sorted(slices.Values(names)) {
		if !strings.HasPrefix(name, prefix) || slices.Contains(known, name) {
			continue
		}
		if meant := cmp.Or(replaced[name], Closest(name, known)); meant != "" {
			return fmt.Errorf("%s %w: use %s", name, errVariable, meant)
		}
	}
	return nil
}

// Closest returns the first known name that differs from the given name only in its separators or by one edit (see
// distance). It returns an empty string if there is none.
func Closest(name string, known []string) string {
	for _, candidate := range known {
		if plain(name) == plain(candidate) || distance(name, candidate) == 1 {
			return candidate
		}
	}
	return ""
}

func plain(name string) string { return strings.NewReplacer("_", "", "-", "").Replace(name) }

// distance returns how many edits turn a into b. An edit inserts, deletes, or changes a letter, or swaps it with the
// next letter.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

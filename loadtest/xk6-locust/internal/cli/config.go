package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/locust"
)

// configFlag is a flag of all k6 commands. It names k6's own configuration file, in JSON, or one of Locust's
// configuration files.
const configFlag = "config"

// defaultConfigs contains Locust's default configuration files. Settings in later files take precedence.
var defaultConfigs = []string{"~/.locust.conf", "locust.conf", "pyproject.toml"}

// constantKeys contains the settings that are always on in k6. Each value says in an error why the setting cannot be
// turned off. autoquit is an integer and cannot be off, so it needs no such text.
var constantKeys = map[string]string{
	"headless": "only a Locust master has a web UI", "autostart": "k6 always starts the run immediately",
	"autoquit": "", "enable-rebalancing": "k6 always rebalances users",
}

// listKeys contains the settings that may be lists.
var listKeys = []string{"tags", "exclude-tags"}

var (
	errLine       = errors.New("each line must be a comment or a setting, such as users = 5")
	errNoTable    = errors.New("the file has no table [tool.locust]")
	errTable      = errors.New("tool.locust must be a table")
	errConfigKey  = errors.New("is not supported by k6 x locust: remove it")
	errMeant      = errors.New("is unknown: use")
	errNoValue    = errors.New("needs a value")
	errConfigType = errors.New("must be a string, a number, true, or false")
	errListValue  = errors.New("must not be a list")
	errListItem   = errors.New("must contain only non-empty strings without spaces, tabs, or commas")
	errBoolean    = errors.New("must be true or false")
	errConstant   = errors.New("cannot be false")
	errInteger    = errors.New("must be an integer")
)

// setting is a setting in a configuration file. It has a list of values, or a single text.
type setting struct {
	key    string
	values []string
	isList bool
}

// readConfig reads Locust's configuration files. For each setting, it sets the environment variable, unless that
// variable is already set. Errors name the file and the key.
func (f *flags) readConfig(command *cobra.Command) error {
	files := slices.Clone(defaultConfigs)
	if f.config = configFile(command); f.config != "" {
		files = append(files, f.config)
	}
	keys := f.configKeys()
	variables := map[string]string{}
	for _, file := range files {
		settings, err := readConfigFile(file, file == f.config)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		for _, setting := range settings {
			variable, value, err := f.variableOf(setting, keys)
			if err != nil {
				return fmt.Errorf("%s: %s %w", file, setting.key, err)
			}
			if variable != "" {
				variables[variable] = value
				f.sources[variable] = file + ": " + setting.key
			}
		}
	}
	for variable, value := range variables {
		if os.Getenv(variable) != "" {
			delete(f.sources, variable)
			continue
		}
		if err := os.Setenv(variable, value); err != nil {
			return fmt.Errorf("%s: %w", f.sources[variable], err)
		}
	}
	return nil
}

// configFile returns the value of --config if it names a configuration file of Locust. Files in JSON belong to k6.
func configFile(command *cobra.Command) string {
	flag := command.InheritedFlags().Lookup(configFlag)
	if flag == nil || !flag.Changed {
		return ""
	}
	path := flag.Value.String()
	text, _ := os.ReadFile(path)
	if strings.HasSuffix(path, ".json") || strings.HasPrefix(strings.TrimSpace(string(text)), "{") {
		return ""
	}
	return path
}

// readConfigFile returns the settings in a file. Unless isRequired is set, the file may be missing or lack Locust's
// table.
func readConfigFile(path string, isRequired bool) ([]setting, error) {
	if rest, isHome := strings.CutPrefix(path, "~/"); isHome {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, nil //nolint:nilerr // without a home directory, there is no such file
		}
		path = filepath.Join(home, rest)
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !isRequired {
		return nil, nil
	}
	var failure *fs.PathError
	if errors.As(err, &failure) {
		return nil, failure.Err
	}
	if err != nil {
		return nil, err
	}
	// Some editors begin files with a byte order mark.
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	if !strings.HasSuffix(path, ".toml") {
		return parseConfig(string(text))
	}
	settings, err := parseTOML(string(text))
	if err == nil && settings == nil && isRequired {
		err = errNoTable
	}
	return settings, err
}

// configLine is the pattern of Python's ConfigArgParse, which Locust uses. Its groups are the key, the separator, and
// the value in double quotes, in single quotes, or without quotes.
var configLine = regexp.MustCompile(
	`^([^:=;#\s]+)\s*(?:([:=\s])\s*(?:"(.+?)?"|'(.+?)?'|(.+?)?))?\s*(?:\s[;#]\s*.*?\s*)?$`)

// parseConfig parses a file in the format of locust.conf.
func parseConfig(text string) ([]setting, error) {
	var settings []setting
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.ContainsAny(line[:1], "#;[") || strings.HasPrefix(line, "---") {
			continue
		}
		parts := configLine.FindStringSubmatch(line)
		if parts == nil {
			return nil, fmt.Errorf("line %d: %w, got %q", i+1, errLine, line)
		}
		value := parts[3] + parts[4] + parts[5]
		if value == "" && strings.TrimSpace(parts[2]) == "" {
			value = "true"
		}
		settings = append(settings, parseValue(strings.TrimPrefix(parts[1], "--"), value))
	}
	return settings, nil
}

// parseValue parses a list in JSON, or as [a, b]. All other values are text.
func parseValue(key, value string) setting {
	inner, hasStart := strings.CutPrefix(value, "[")
	inner, hasEnd := strings.CutSuffix(inner, "]")
	if !hasStart || !hasEnd {
		return setting{key: key, values: []string{value}}
	}
	var list []any
	if json.Unmarshal([]byte(value), &list) != nil {
		list = nil
		for item := range strings.SplitSeq(inner, ",") {
			list = append(list, strings.TrimSpace(item))
		}
	}
	result := setting{key: key, isList: true}
	for _, item := range list {
		result.values = append(result.values, fmt.Sprint(item))
	}
	return result
}

// parseTOML parses the table tool.locust. It returns nil if there is no such table.
func parseTOML(text string) ([]setting, error) {
	var file map[string]any
	if _, err := toml.Decode(text, &file); err != nil {
		return nil, errors.New(strings.ReplaceAll(err.Error(), "\n", " "))
	}
	tool, _ := file["tool"].(map[string]any)
	content, isSet := tool["locust"]
	if !isSet {
		return nil, nil
	}
	table, isTable := content.(map[string]any)
	if !isTable {
		return nil, errTable
	}
	settings := []setting{}
	for _, key := range slices.Sorted(maps.Keys(table)) {
		value := table[key]
		items, isList := value.([]any)
		if !isList {
			items = []any{value}
		}
		one := setting{key: key, isList: isList}
		for _, item := range items {
			switch item := item.(type) {
			case string:
				one.values = append(one.values, item)
			case int64, bool:
				one.values = append(one.values, fmt.Sprint(item))
			case float64:
				one.values = append(one.values, strconv.FormatFloat(item, 'g', -1, 64))
			default:
				return nil, fmt.Errorf("%s %w", key, errConfigType)
			}
		}
		settings = append(settings, one)
	}
	return settings, nil
}

// configKeys returns a map from the keys of settings to their variables.
func (f *flags) configKeys() map[string]string {
	keys := map[string]string{}
	for variable, name := range f.names {
		keys[name] = variable
	}
	maps.Copy(keys, variables)
	return keys
}

// variableOf returns the variable of a setting, and its value. The variable is empty if the setting has no effect.
func (f *flags) variableOf(s setting, keys map[string]string) (variable, value string, err error) {
	variable, isKnown := keys[s.key]
	_, isConstant := constantKeys[s.key]
	if !isKnown && !isConstant {
		known := slices.Concat(slices.Sorted(maps.Keys(keys)), slices.Sorted(maps.Keys(constantKeys)))
		if meant := locust.Closest(s.key, known); meant != "" {
			return "", "", fmt.Errorf("%w %s", errMeant, meant)
		}
		return "", "", errConfigKey
	}
	if s.isList && !slices.Contains(listKeys, s.key) {
		return "", "", errListValue
	}
	for _, item := range s.values {
		if s.isList && (item == "" || strings.ContainsAny(item, ", \t")) {
			return "", "", fmt.Errorf("%w, got %q", errListItem, item)
		}
	}
	value = strings.Join(s.values, ",")
	if value == "" {
		return "", "", errNoValue
	}
	if s.key == "autoquit" {
		if _, err := strconv.Atoi(value); err != nil {
			return "", "", fmt.Errorf("%w, got %q", errInteger, value)
		}
		return "", "", nil
	}
	if isConstant {
		return "", "", checkConstant(s.key, value)
	}
	if f.switches[variable] != nil || slices.Contains(switchKeys, s.key) {
		isOn, err := parseSwitch(value)
		if err != nil {
			return "", "", err
		}
		value = strconv.FormatBool(isOn)
	}
	return variable, value, nil
}

// switchKeys contains the keys in [variables] that are true or false.
var switchKeys = []string{"skip-log-setup", "show-task-ratio"}

// parseSwitch parses a boolean in the forms that Locust accepts in its configuration files.
func parseSwitch(value string) (bool, error) {
	switch strings.ToLower(value) {
	case "true", "yes", "on", "1":
		return true, nil
	case "false", "no", "off", "0":
		return false, nil
	}
	return false, fmt.Errorf("%w, got %q", errBoolean, value)
}

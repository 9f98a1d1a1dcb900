// Calls a Go client of openapi-generator: `driver ... PLAN`. It prints a line of JSON for each call: its number, with `status`,
// `value` and `typed`, or `raised`, or `missing`.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strings"

	client "MODULE"
)

type parameter struct {
	Name  string          `json:"name"`
	In    string          `json:"in"`
	Value json.RawMessage `json:"value"`
}

type credential struct {
	In    string `json:"in"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

type body struct {
	Media string          `json:"media"`
	Value json.RawMessage `json:"value"`
}

type call struct {
	Number      int          `json:"number"`
	Base        string       `json:"base"`
	Names       []string     `json:"names"`
	Path        string       `json:"path"`
	Values      []parameter  `json:"values"`
	Parameters  []string     `json:"parameters"`
	Body        *body        `json:"body"`
	Credentials []credential `json:"credentials"`
}

type result map[string]any

var signs = regexp.MustCompile("[^a-z0-9]")

func plain(name string) string { return signs.ReplaceAllString(strings.ToLower(name), "") }

// signing puts credentials into the query, for which a client has no other way that every contract has.
type signing struct{ query url.Values }

func (one signing) RoundTrip(request *http.Request) (*http.Response, error) {
	if len(one.query) > 0 {
		request.URL.RawQuery = strings.TrimPrefix(request.URL.RawQuery+"&"+one.query.Encode(), "&")
	}
	return http.DefaultTransport.RoundTrip(request)
}

// configured is a configuration with the mock's address and the credentials of a call.
func configured(one call) *client.Configuration {
	made, query := client.NewConfiguration(), url.Values{}
	for _, each := range one.Credentials {
		switch each.In {
		case "query":
			query.Set(each.Name, each.Value)
		case "cookie":
			made.AddDefaultHeader("Cookie", each.Name+"="+each.Value)
		default:
			made.AddDefaultHeader(each.Name, each.Value)
		}
	}
	made.HTTPClient = &http.Client{Transport: signing{query}}
	made.Servers = client.ServerConfigurations{{URL: one.Base}}
	made.OperationServers = map[string]client.ServerConfigurations{}
	return made
}

func method(owner reflect.Value, names ...string) (reflect.Value, string) {
	for number := 0; number < owner.NumMethod(); number++ {
		for _, name := range names {
			if plain(owner.Type().Method(number).Name) == plain(name) {
				return owner.Method(number), owner.Type().Method(number).Name
			}
		}
	}
	return reflect.Value{}, ""
}

func function(api *client.APIClient, names []string) reflect.Value {
	fields := reflect.ValueOf(api).Elem()
	for number := 0; number < fields.NumField(); number++ {
		if fields.Type().Field(number).IsExported() && fields.Field(number).NumMethod() > 0 {
			if found, _ := method(fields.Field(number), names...); found.IsValid() {
				return found
			}
		}
	}
	return reflect.Value{}
}

func typed(raw json.RawMessage, kind reflect.Type) (reflect.Value, error) {
	made := reflect.New(kind)
	err := json.Unmarshal(raw, made.Interface())
	return made.Elem(), err
}

// set gives a request a value by its method of that name; the name of a body is any that no parameter has.
func set(request reflect.Value, one call, name string, raw json.RawMessage) (reflect.Value, error) {
	found, _ := method(request, name)
	if name == "" {
		known := map[string]bool{"execute": true}
		for _, each := range one.Parameters {
			known[plain(each)] = true
		}
		for number := 0; number < request.NumMethod() && !found.IsValid(); number++ {
			if !known[plain(request.Type().Method(number).Name)] {
				found = request.Method(number)
			}
		}
	}
	if !found.IsValid() || found.Type().NumIn() != 1 {
		return request, fmt.Errorf("missing: it has no parameter %s", name)
	}
	value, err := typed(raw, found.Type().In(0))
	if err != nil {
		return request, err
	}
	return found.Call([]reflect.Value{value})[0], nil
}

func prepared(api *client.APIClient, one call) (reflect.Value, error) {
	start := function(api, one.Names)
	if !start.IsValid() {
		return start, errors.New("missing: no function")
	}
	words := []reflect.Value{reflect.ValueOf(context.Background())}
	for _, found := range regexp.MustCompile(`\{([^}]+)\}`).FindAllStringSubmatch(one.Path, -1) {
		for _, each := range one.Values {
			if each.In == "path" && each.Name == found[1] {
				value, err := typed(each.Value, start.Type().In(len(words)))
				if err != nil {
					return start, err
				}
				words = append(words, value)
			}
		}
	}
	request := start.Call(words)[0]
	rest := []parameter{}
	for _, each := range one.Values {
		if each.In != "path" {
			rest = append(rest, each)
		}
	}
	if one.Body != nil && strings.Contains(one.Body.Media, "form") {
		fields := map[string]json.RawMessage{}
		_ = json.Unmarshal(one.Body.Value, &fields)
		for name, value := range fields {
			rest = append(rest, parameter{Name: name, Value: value})
		}
	} else if one.Body != nil {
		rest = append(rest, parameter{Value: one.Body.Value})
	}
	var err error
	for _, each := range rest {
		if request, err = set(request, one, each.Name, each.Value); err != nil {
			return request, err
		}
	}
	return request, nil
}

func called(one call) (found result) {
	defer func() {
		if fault := recover(); fault != nil {
			found = result{"raised": fmt.Sprint(fault)}
		}
	}()
	request, err := prepared(client.NewAPIClient(configured(one)), one)
	if err != nil {
		if missing, is := strings.CutPrefix(err.Error(), "missing: "); is {
			return result{"missing": missing}
		}
		return result{"raised": err.Error()}
	}
	execute, _ := method(request, "Execute")
	back := execute.Call(nil)
	response, _ := back[len(back)-2].Interface().(*http.Response)
	if fault, is := back[len(back)-1].Interface().(error); is && fault != nil {
		var own *client.GenericOpenAPIError
		if response == nil || !errors.As(fault, &own) {
			return result{"raised": fault.Error()}
		}
		if own.Model() != nil {
			return result{"status": response.StatusCode, "value": own.Model(), "typed": true}
		}
		if response.StatusCode < 300 {
			return result{"raised": fault.Error()}
		}
		var value any
		if json.Unmarshal(own.Body(), &value) != nil {
			value = string(own.Body())
		}
		return result{"status": response.StatusCode, "value": value, "typed": false}
	}
	if len(back) < 3 {
		return result{"status": response.StatusCode}
	}
	return result{"status": response.StatusCode, "value": back[0].Interface(), "typed": true}
}

func main() {
	var plan struct {
		Calls []call `json:"calls"`
	}
	content, err := os.ReadFile(os.Args[len(os.Args)-1])
	if err == nil {
		err = json.Unmarshal(content, &plan)
	}
	if err != nil {
		panic(err)
	}
	for _, one := range plan.Calls {
		found := called(one)
		found["number"] = one.Number
		line, err := json.Marshal(found)
		if err != nil {
			line, _ = json.Marshal(result{"number": one.Number, "raised": err.Error()})
		}
		fmt.Println(string(line))
	}
}

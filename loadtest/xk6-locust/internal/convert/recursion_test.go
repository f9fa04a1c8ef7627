package convert

import "testing"

// The value of a variable or field may contain the variable or field itself, and a class may be its own base class. The
// converter must end even if Python rejects the file.
func TestResolvesNamesThatContainThemselves(t *testing.T) {
	const pattern = "a regular expression must be a string literal"
	for source, want := range map[string]string{
		"from os import environ as W\nW = int(W['W'])\nclass A(HttpUser):\n  @task(W)\n  def a(self): pass\n":                  "W has several meanings: import it with another name",
		"weight = weight['a']\nclass A(HttpUser):\n  @task(weight)\n  def a(self): pass\n":                                     "",
		"class A(HttpUser):\n  w = A.w\n  @task(A.w)\n  def a(self): pass\n":                                                   "",
		"class T(TaskSet):\n  v = T.w\n  w = T.v\n  @task(T.w)\n  def a(self): pass\nclass A(HttpUser):\n  tasks = {T: T.w}\n": "",
		"from os import environ as token\ntoken = token[:16]\nprint(int(token, 16))\n":                                         "token has several meanings: import it with another name",
		"class A(B): pass\nclass B(A): pass\n":                                                                                 "the base class B is not supported",
		"class A(B): pass\nclass B(C): pass\nclass C(B): pass\n":                                                               "the base class B is not supported",
		"import re\nP = re.compile(P.match('a'))\n":                                                                            pattern,
		"import re\nP = re.compile(Q.match('a'))\nQ = re.compile(P.match('a'))\n":                                              pattern,
	} {
		result := Locustfile("locustfile.py", "from locust import HttpUser, TaskSet, task\n"+source+"class Last(HttpUser):\n  @task\n  def t(self): pass\n")
		if want == "" && len(result.Problems) > 0 || want != "" && (len(result.Problems) == 0 || result.Problems[0].Text != want) {
			t.Error(source, result.Problems)
		}
	}
}

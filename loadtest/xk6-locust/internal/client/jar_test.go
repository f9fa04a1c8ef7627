package client

import (
	"net/http"
	"testing"
)

// If a cookie is set again, it is listed only once, whichever URLs set it.
func TestJarListsCookiesOnce(t *testing.T) {
	for name, test := range map[string]struct {
		urls   []string
		cookie string
		want   int
	}{
		"no path":             {[]string{"http://a.test/item/1", "http://a.test/item/2?q=3"}, "a=1", 1},
		"no path in the root": {[]string{"http://a.test", "http://a.test/", "http://a.test/x"}, "a=1", 1},
		"an invalid path":     {[]string{"http://a.test/item/1", "http://a.test/item/2"}, "a=1; Path=item", 1},
		"a path":              {[]string{"http://a.test/item/1", "http://a.test/"}, "a=1; Path=/", 1},
		"ports":               {[]string{"http://a.test:1/", "http://a.test:2/"}, "a=1", 1},
		"letter case":         {[]string{"http://a.test/", "http://A.test/"}, "a=1", 1},
		"schemes":             {[]string{"http://a.test/", "https://a.test/"}, "a=1", 1},
		"a domain":            {[]string{"http://x.a.test/", "http://y.a.test/", "http://a.test/"}, "a=1; Domain=.A.test", 1},
		"other folders":       {[]string{"http://a.test/item/1", "http://a.test/shop/1"}, "a=1", 2},
		"other hosts":         {[]string{"http://a.test/", "http://b.test/"}, "a=1", 2},
		"an address":          {[]string{"http://[::1]:1/", "http://[::1]:2/"}, "a=1", 1},
		"a local host":        {[]string{"http://localhost/"}, "a=1; Domain=localhost", 1},
		"an unusual host":     {[]string{"http://bücher.test/"}, "a=1", 1},
		"a secure cookie":     {[]string{"http://a.test/"}, "a=1; Secure", 1},
		"a public suffix":     {[]string{"http://a.test/"}, "a=1; Domain=test", 0},
		"a foreign domain":    {[]string{"http://a.test/"}, "a=1; Domain=b.test", 0},
	} {
		t.Run(name, func(t *testing.T) {
			var jar Jar
			cookie, err := http.ParseSetCookie(test.cookie)
			if err != nil {
				t.Fatal(err)
			}
			for _, url := range test.urls {
				if err := jar.SetCookies(url, []*http.Cookie{cookie}); err != nil {
					t.Fatal(err)
				}
			}
			if got := jar.All(); len(got) != test.want || len(jar.origins) != test.want {
				t.Errorf("it lists %v, and remembers %d origins, want %d", got, len(jar.origins), test.want)
			}
			jar.Delete("a")
			if got := jar.All(); len(got) > 0 {
				t.Errorf("after the deletion, it lists %v", got)
			}
		})
	}
}

// A cookie is sent back as it came, even if net/http would reject or change it.
func TestJarKeepsTheTextOfCookies(t *testing.T) {
	for _, cookie := range []string{
		`a={"b":[1, 2]}`, "a=b,c d", `a="b c"`, `a=b\c`, "a=b=c", "a=", "user[id]=1", "a=\xe9",
	} {
		var jar Jar
		at := mustTarget(t, "http://a.test/")
		jar.store(at, Header("Set-Cookie:  "+cookie+" ; Path=/; HttpOnly\r\n"))
		if got := jar.header(at); got != cookie {
			t.Errorf("%s: got %q", cookie, got)
		}
	}
	for _, cookie := range []string{"a", "=b", "a\x00=b", "a=\x7f"} {
		if got := Header("Set-Cookie: " + cookie + "\r\n").Cookies(); len(got) > 0 {
			t.Errorf("%q: got %v", cookie, got)
		}
	}
}

// If a cookie becomes secure, it is still listed.
func TestJarListsCookiesThatBecomeSecure(t *testing.T) {
	var jar Jar
	for _, isSecure := range []bool{false, true} {
		cookie := &http.Cookie{Name: "a", Value: "1", Secure: isSecure}
		if err := jar.SetCookies("http://a.test/", []*http.Cookie{cookie}); err != nil {
			t.Fatal(err)
		}
	}
	if got := jar.All(); len(got) != 1 {
		t.Errorf("it lists %v", got)
	}
}

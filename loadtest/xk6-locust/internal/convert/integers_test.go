package convert

import "testing"

// TestRefusesLargeIntegers checks that the converter refuses expressions that always exceed the integers of JavaScript.
func TestRefusesLargeIntegers(t *testing.T) {
	const bits = ` random bits are only supported in a format such as f"{`
	const hint = `:x}", because JavaScript has no integers of more than 53 bits`
	imports := "import hashlib, secrets, math\nBITS = 60\n"
	for source, want := range map[string]string{
		body("print(random.randint(0, 2 ** 53))"):                                  tooLargeInteger,
		body("print(random.randrange(1 << 62))"):                                   tooLargeInteger,
		body("print((1 << 60) - 1)"):                                               tooLargeInteger,
		body("print(1 << BITS)"):                                                   tooLargeInteger,
		body("n = 60", "print(1 << n)"):                                            tooLargeInteger,
		body("print(int(time.time() * 1e9))"):                                      tooLargeInteger,
		body("print(round(10 ** 9 * time.time()))"):                                tooLargeInteger,
		body("print(int(time.time()) * 10 ** 9)"):                                  tooLargeInteger,
		body("print(int('9007199254740993'))"):                                     tooLargeInteger,
		body("print(int('0x20000000000001', 16))"):                                 tooLargeInteger,
		body("print(int(1e18))"):                                                   tooLargeInteger,
		body("print(int(float('1e18')))"):                                          tooLargeInteger,
		body("print(int(float(10 ** 18)))"):                                        tooLargeInteger,
		body("print(math.floor(time.time() * 1e9))"):                               tooLargeInteger,
		body("print(math.ceil(time.time() * 1e9))"):                                tooLargeInteger,
		body("print(math.trunc(time.time() * 1e9))"):                               tooLargeInteger,
		body("print(int(uuid.uuid4().hex, 16))"):                                   tooLargeInteger,
		body("print(int(uuid.uuid4().hex[:16], 16))"):                              tooLargeInteger,
		body("h = hashlib.md5(b'a').hexdigest()", "print(int(h, 16) % 10)"):        tooLargeInteger,
		body("print(int(secrets.token_hex(8), 16))"):                               tooLargeInteger,
		body("print(random.getrandbits(64))"):                                      "64" + bits + "random.getrandbits(64)" + hint,
		body("x = secrets.randbits(BITS)", "print(x)"):                             "60" + bits + "secrets.randbits(60)" + hint,
		body("self.client.post('/', json={'id': random.getrandbits(128)})"):        "128" + bits + "random.getrandbits(128)" + hint,
		body("print(f'{random.getrandbits(64):.2f}', f'{random.getrandbits(9)}')"): "64" + bits + "random.getrandbits(64)" + hint,
	} {
		problems := Locustfile("l.py", imports+source).Problems
		if len(problems) != 1 || problems[0].Text != want {
			t.Errorf("%s\nwant %s\ngot  %v", source, want, problems)
		}
	}
}

// TestFormatsRandomBits checks the length and the digits of random integers that are too large for JavaScript.
func TestFormatsRandomBits(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  string
	}{
		{[]string{"for x in [f'{random.getrandbits(64):016x}', '%032x' % random.getrandbits(128), '{:040X}'.format(random.getrandbits(160)), f'{random.getrandbits(64):080b}']:",
			"  print(len(x), re.fullmatch('[0-9a-fA-F]+', x) is not None)"}, "16 True 32 True 40 True 80 True"},
		{[]string{"for x in [hex(random.getrandbits(60)), f'{random.getrandbits(60):#x}', '%s|%d' % (random.getrandbits(60), random.getrandbits(60)), str(random.getrandbits(100)), f'{random.getrandbits(70)}']:",
			"  print(re.fullmatch('0x[0-9a-f]{1,15}|[0-9]{1,19}[|][0-9]{1,19}|[0-9]{1,31}', x) is not None)"}, "True True True True True"},
		{[]string{"x = {f'{random.getrandbits(64):x}' for i in range(50)}", "print(len(x), len({y[-1] for y in x}) > 5, len({y[0] for y in x}) > 5)"}, "50 True True"},
		{[]string{"print(len(f'{random.getrandbits(64):30}'), ('%30x' % random.getrandbits(64))[:14].strip() == '', random.getrandbits(8) < 256)"}, "30 True True"},
	} {
		checkPrinted(t, test.lines, test.want)
	}
}

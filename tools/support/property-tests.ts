/** Configures the tests that draw random values. */
import fc from 'fast-check'

fc.configureGlobal({
  // A change must not fail because of values that no earlier run has drawn. CI draws other values every night.
  seed: Number(process.env.FUZZ_SEED ?? 1),
  // By default, fast-check stops at about 10 items, even if `maxLength` is larger.
  defaultSizeToMaxWhenMaxSpecified: true,
})

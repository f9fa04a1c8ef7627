/** Configures the tests that draw random values. */
import fc from 'fast-check'

fc.configureGlobal({
  // Draw the same values in every run, so that unrelated changes never fail by chance. Every night, CI draws others.
  seed: Number(process.env.FUZZ_SEED ?? 1),
  // By default, fast-check stops at about 10 items, even if `maxLength` is larger.
  defaultSizeToMaxWhenMaxSpecified: true,
})

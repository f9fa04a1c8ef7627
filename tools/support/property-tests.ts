/**
 * Makes property tests generate values of all sizes. By default, fast-check stops at about 10 items, even if
 * `maxLength` is larger.
 */
import fc from 'fast-check'

fc.configureGlobal({ defaultSizeToMaxWhenMaxSpecified: true })

import type { MatchSettings } from '../index/match-settings.ts'
import type { SearchIndex } from '../index/search-index.ts'
import { Dictionary } from './dictionary.ts'
import { InitialsInOrder } from './initials-in-order.ts'
import { LayoutReadings } from './layouts.ts'
import { NameReader } from './name-reader.ts'
import { NamesInOrder } from './names-in-order.ts'
import { RunsInOrder } from './runs-in-order.ts'
import { Screen } from './screen.ts'

/** The state that all searches of an index share. */
export interface Shared {
  reader: NameReader
  screen: Screen
  names: NamesInOrder
  initials: InitialsInOrder
  runs: RunsInOrder
  layouts: LayoutReadings
  dictionary: Dictionary
  /**
   * A dictionary with the words of all pinned entries and of all entries with at least the mean score. It may contain
   * other words, too.
   */
  commonDictionary: Dictionary
  settings: MatchSettings
  meanScore: number
}

/**
 * Builds the state that all searches of an index share.
 * @param meanScore the mean score of all entries
 */
export function sharedOf(index: SearchIndex, settings: MatchSettings, meanScore: number): Shared {
  const reader = new NameReader(index)
  const namesInOrder = new NamesInOrder(reader)
  const initialsInOrder = new InitialsInOrder(reader)
  return {
    reader,
    screen: new Screen(index),
    names: namesInOrder,
    initials: initialsInOrder,
    runs: new RunsInOrder(reader),
    layouts: new LayoutReadings(index, namesInOrder, initialsInOrder),
    dictionary: Dictionary.of(index),
    commonDictionary: Dictionary.before(index, index.endOfScores(false, meanScore)),
    settings,
    meanScore,
  }
}

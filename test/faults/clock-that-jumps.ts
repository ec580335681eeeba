/** To be imported before a program: its wall clock then jumps by up to a day, forwards and back, at every look. */
const realNow = Date.now.bind(Date);
let looks = 0;

Date.now = () => {
  // A different day each time, without chance: the sequence is that of a linear congruential generator.
  looks = (looks * 1_103_515_245 + 12_345) % 2_147_483_648;
  return Math.round(realNow() + (looks / 2_147_483_648 - 0.5) * 2 * 86_400_000);
};

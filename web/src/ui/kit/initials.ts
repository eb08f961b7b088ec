// What stands for a person without a picture: two letters and a colour of their own.

const letters = /\p{L}|\p{N}/u;

function firstLetter(word: string): string {
  for (const character of word) {
    if (letters.test(character)) {
      return character.toLocaleUpperCase();
    }
  }
  return "";
}

/** One or two capital letters: of the first and the second word, ignoring marks and brackets. */
export function initials(name: string): string {
  const found = name.split(/\s+/).map(firstLetter).filter(Boolean);
  return found.slice(0, 2).join("") || "?";
}

export const TINTS = 8;

/** Which of the avatar colours a participant has; neighbours by number differ. */
export function tint(participant: number): number {
  return participant % TINTS;
}

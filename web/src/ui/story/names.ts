// Made-up names with what names can have: Ё, hyphens, Latin letters, no patronymic, equal surnames.
const surnames = [
  "Ёлкина",
  "Соловьёв",
  "Римская-Корсакова",
  "Ким",
  "Абдуллаев",
  "Петрова",
  "Петров",
  "Гончаренко",
  "O’Neill",
  "Тер-Петросян",
  "Белова",
  "Чистяков",
  "Жукова",
  "Щербаков",
  "Яковлева",
  "Мельник",
];
const firstNames = [
  "Алёна",
  "Матвей",
  "Софья",
  "Дарья",
  "Руслан",
  "Ева",
  "Тимофей",
  "Полина",
  "Sean",
  "Арам",
  "Варвара",
  "Глеб",
  "Мария",
  "Лев",
  "Анна-Мария",
  "Фёдор",
  "Кира",
];

export const nameOf = (number: number): string =>
  number === 2
    ? "Вера Павловна Александровская"
    : `${surnames[number % surnames.length]} ${firstNames[number % firstNames.length]}`;

import { useState } from "preact/hooks";
import { number, plural, t } from "../../i18n/language";
import { Icon } from "../kit/icon";
import { Panel } from "./panel";
import { type PeopleSource, usePeople } from "./people-source";
import { PersonRow } from "./person-row";
import { useCall } from "./view";
import { VirtualList } from "./virtual-list";

/** What is said above the list. */
function told(query: string, source: PeopleSource): string {
  if (source.failed) {
    return t("people.failed");
  }
  if (!query || source.waiting) {
    return "";
  }
  return source.count ? plural("count.found", source.count) : t("people.nobody_found");
}

/** Everybody in the call: searched here or, in a large call, by the server. */
export function PeoplePanel() {
  const { call } = useCall();
  const [query, setQuery] = useState("");
  const source = usePeople(query);
  return (
    <Panel title={t("people.title")} note={number(call.state.total.value)} testid="people-panel">
      <label class="search">
        <Icon name="search" />
        <input
          class="input"
          type="search"
          value={query}
          placeholder={t("people.search")}
          aria-label={t("people.search")}
          data-testid="people-search"
          onInput={(event) => setQuery(event.currentTarget.value)}
        />
      </label>
      <p class="search-count" role="status">
        {told(query, source)}
      </p>
      <VirtualList
        key={query}
        count={source.count}
        rowHeight={56}
        label={t("people.list")}
        onSpan={source.need}
        row={(at) => <PersonRow person={source.at(at)} />}
      />
    </Panel>
  );
}

// The server's answers as this application reads them. Field and entity names come from installed
// manifests, so a record is a bag of values and the schema says what they mean.

export type Localized = string | Partial<Record<string, string>>;

export type FieldValue = string | number | boolean | null | readonly unknown[] | Record<string, unknown>;
export type Values = Record<string, FieldValue | undefined>;
export type Row = Values & { id: string };

export interface SignedIn {
  user: { id: string; name: string; locale?: string; administrator?: boolean };
  tenant: { id: string; name: string; demo?: boolean };
  permissions?: string[];
  // With another user's eyes nothing can be changed; the actor is who really looks.
  session?: { read_only: boolean; actor?: { id: string; name: string } };
}

export interface MenuItem {
  plugin: string;
  page: string;
  label: Localized;
  icon?: string;
  kind: string;
  entity?: string;
}

export interface MenuGroup {
  id: string;
  label: Localized;
  items: MenuItem[];
}

export interface Menu {
  groups: MenuGroup[];
}

export interface FieldOption {
  value: string;
  label: Localized;
}

export interface Reference {
  plugin: string;
  entity: string;
  label_field: string;
}

export interface Field {
  name: string;
  type: string;
  label: Localized;
  required?: boolean;
  unique?: boolean;
  max_length?: number;
  scale?: number;
  options?: FieldOption[];
  ref?: Reference;
  searchable?: boolean;
  sortable?: boolean;
  filterable?: boolean;
  widget?: string;
  read_only?: boolean;
  default?: FieldValue;
}

export interface Entity {
  name: string;
  label: Localized;
  label_field?: string;
  fields: Field[];
}

export interface Page {
  id: string;
  kind: string;
  entity?: string;
  label: Localized;
  columns?: string[];
  filters?: string[];
}

export interface Action {
  name: string;
  label: Localized;
  permission?: string;
  entity?: string;
  input?: Field[];
}

export interface Schema {
  plugin: string;
  version: string;
  entities: Entity[];
  pages: Page[];
  actions?: Action[];
}

export interface InstalledPlugin {
  id: string;
  version: string;
  state: string;
  label?: Localized;
  name?: Localized;
}

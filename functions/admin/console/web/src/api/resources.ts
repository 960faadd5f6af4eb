/** How the API names and serves a resource of the console. */
export interface Resource {
  path: string;
  /** The member that identifies an item. */
  id: string;
  /** Members that it can be sorted by; the others come in one order. */
  sorts?: readonly string[];
  /** Members that answers have and bodies don't. */
  readOnly?: readonly string[];
  /** Without one of these filters, a list needs a period. */
  needsOneOf?: readonly string[];
}

const STAMPS = ["id", "version", "created_at"] as const;

/** All of them, by the names that the console uses in addresses. */
export const RESOURCES = {
  tariffs: {
    path: "/admin/tariffs",
    id: "tariff_id",
    sorts: ["title", "price"],
    readOnly: [...STAMPS, "tariff_id"],
  },
  campaigns: {
    path: "/admin/campaigns",
    id: "campaign_id",
    sorts: ["title"],
    readOnly: [...STAMPS, "campaign_id", "usage"],
  },
  promotions: {
    path: "/admin/promotions",
    id: "promotion_id",
    sorts: ["title", "starts_at"],
    readOnly: [...STAMPS, "promotion_id", "usage"],
  },
  promocodes: {
    path: "/admin/promocodes",
    id: "promocode_id",
    readOnly: [...STAMPS, "promocode_id", "promotion", "batch_id", "uses"],
  },
  groups: { path: "/admin/groups", id: "group_id", sorts: ["title"], readOnly: [...STAMPS, "group_id", "members"] },
  decisions: {
    path: "/admin/decisions",
    id: "decision_id",
    needsOneOf: ["user_id", "promocode_id", "promocode", "promotion_id", "from"],
  },
  applications: {
    path: "/admin/applications",
    id: "application_id",
    needsOneOf: ["user_id", "promocode_id", "promotion_id", "campaign_id", "from"],
  },
  purchases: { path: "/admin/purchases", id: "purchase_id", needsOneOf: ["user_id", "promocode_id", "from"] },
  refunds: { path: "/admin/refunds", id: "refund_id", needsOneOf: ["user_id", "purchase_id", "from"] },
  subscriptions: { path: "/admin/subscriptions", id: "purchase_id" },
  audit: { path: "/admin/audit", id: "id" },
  accounts: { path: "/admin/users/audit", id: "id" },
} as const satisfies Record<string, Resource>;

/** The name of a resource. */
export type ResourceName = keyof typeof RESOURCES;

/** The description of a resource. */
export function resource(name: string): Resource {
  const found = (RESOURCES as Record<string, Resource>)[name];
  if (!found) throw new Error(`unknown resource ${name}`);
  return found;
}

/** The days that a list goes back where the API asks for a period. */
export const PERIOD_DAYS = 30;

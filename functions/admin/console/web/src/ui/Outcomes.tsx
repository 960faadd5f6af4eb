import CheckIcon from "@mui/icons-material/CheckCircleOutline";
import RefusedIcon from "@mui/icons-material/HighlightOff";
import WaivedIcon from "@mui/icons-material/RemoveCircleOutline";
import { Box, Button, Collapse, Typography } from "@mui/material";
import { useState } from "react";
import { useTranslate } from "react-admin";
import { send } from "../api/send";
import type { Role } from "../api/session";
import type { Translate } from "../promotions/words";
import { AskButton } from "./AskDialog";
import { count, type Money, money, time } from "./format";
import { useIsAtLeast } from "./useRole";

/** A change that would let a rule pass: a call of the API. */
interface Action {
  title: string;
  method: string;
  path: string;
  body?: unknown;
  if_match?: string | null;
  role: string;
}

/** What a rule has found. */
export interface Outcome {
  rule: string;
  passed: boolean;
  waived: boolean;
  observed: unknown;
  required: unknown;
  detail?: string | null;
  remedy?: string | null;
  actions?: Action[] | null;
}

/** Every rule: those that refuse first, with what would help; those that pass on demand. */
export function Outcomes({ outcomes }: { outcomes: Outcome[] }) {
  const translate = useTranslate();
  const [open, setOpen] = useState(false);
  const refused = outcomes.filter(({ passed }) => !passed);
  const passed = outcomes.filter((outcome) => outcome.passed);
  return (
    <>
      <Box component="ul" sx={{ listStyle: "none", p: 0, m: 0 }} aria-label={translate("console.rules_refused")}>
        {refused.map((outcome) => (
          <Line key={outcome.rule} outcome={outcome} />
        ))}
      </Box>
      {passed.length > 0 && (
        <>
          <Button onClick={() => setOpen(!open)} aria-expanded={open} sx={{ my: 1 }}>
            {translate("console.rules_passed", { smart_count: passed.length })}
          </Button>
          <Collapse in={open} unmountOnExit>
            <Box component="ul" sx={{ listStyle: "none", p: 0, m: 0 }}>
              {passed.map((outcome) => (
                <Line key={outcome.rule} outcome={outcome} />
              ))}
            </Box>
          </Collapse>
        </>
      )}
    </>
  );
}

function Line({ outcome }: { outcome: Outcome }) {
  const translate = useTranslate();
  const { passed, waived, rule, detail, remedy, actions } = outcome;
  const state = passed ? "passed" : waived ? "waived" : "refused";
  const Icon = { passed: CheckIcon, waived: WaivedIcon, refused: RefusedIcon }[state];
  const color = { passed: "success", waived: "warning", refused: "error" }[state] as "success" | "warning" | "error";
  const observed = valueText(translate, outcome.observed);
  const required = valueText(translate, outcome.required);
  return (
    <Box component="li" sx={{ display: "flex", gap: 1.5, py: 1, borderTop: 1, borderColor: "divider" }}>
      <Icon color={color} titleAccess={translate(`console.${state}`)} />
      <Box sx={{ minWidth: 0, flex: 1 }}>
        <Typography sx={{ fontWeight: passed ? 400 : 600 }}>
          {translate(`console.rules.${rule}`, { _: rule })}
        </Typography>
        {detail && <Typography variant="body2">{detail}</Typography>}
        {(observed || required) && (
          <Typography variant="body2" color="text.secondary">
            {[
              observed && translate("console.observed", { value: observed }),
              required && translate("console.required", { value: required }),
            ]
              .filter(Boolean)
              .join(" · ")}
          </Typography>
        )}
        {!passed && remedy && (
          <Typography variant="body2" sx={{ mt: 0.5 }}>
            {translate("console.remedy", { remedy })}
          </Typography>
        )}
        {!passed && (
          <Box sx={{ display: "flex", gap: 1, flexWrap: "wrap", mt: actions?.length ? 1 : 0 }}>
            {actions?.map((action) => (
              <Remedy key={action.title} action={action} />
            ))}
          </Box>
        )}
      </Box>
    </Box>
  );
}

/** Makes the change, after a question. Whoever may not make it does not see it. */
function Remedy({ action }: { action: Action }) {
  const translate = useTranslate();
  const allowed = useIsAtLeast(action.role as Role);
  // What needs more than the call has, such as a reason, is done on the page of its own.
  if (!allowed || !action.path.startsWith("/admin/")) return null;
  const act = () =>
    send({
      method: action.method as "PATCH",
      path: action.path,
      body: action.body ?? undefined,
      ifMatch: action.if_match ?? undefined,
    });
  return (
    <AskButton name="remedy" label={action.title} act={act}>
      <Typography>{translate("console.actions.remedy.question", { action: action.title })}</Typography>
    </AskButton>
  );
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

/** What a rule has seen or wants, in words. */
export function valueText(translate: Translate, value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return translate(value ? "ra.boolean.true" : "ra.boolean.false");
  if (typeof value === "number") return count(value);
  if (typeof value === "string") {
    return ISO_TIME.test(value) ? time(value) : translate(`console.states.any.${value}`, { _: value });
  }
  if (Array.isArray(value)) return value.map((item) => valueText(translate, item)).join(", ");
  const object = value as Record<string, unknown>;
  if (typeof object.amount === "string" && typeof object.currency === "string") return money(object as never as Money);
  return Object.entries(object)
    .filter(([, part]) => part !== null && part !== undefined)
    .map(([name, part]) => `${translate(`console.values.${name}`, { _: name })} ${valueText(translate, part)}`)
    .join(", ");
}

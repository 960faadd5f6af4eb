import { Alert, Box, Button, Card, Checkbox, FormControlLabel, FormGroup, TextField, Typography } from "@mui/material";
import { type FormEvent, useEffect, useState } from "react";
import { Link, type RaRecord, TextInput, Title, useGetList, useNotify, useTranslate } from "react-admin";
import { useLocation, useNavigate } from "react-router-dom";
import { send } from "../api/send";
import { emailOf, findUser } from "../people";
import { AskButton, Failure, reason } from "../ui/AskDialog";
import { COLUMNS } from "../ui/columns";
import { Facts, Section } from "../ui/Facts";
import { money } from "../ui/format";
import { ItemList } from "../ui/ItemList";
import { ItemShow } from "../ui/ItemShow";
import { IntegerInput, StateInput } from "../ui/inputs";
import { WAIVABLE } from "../ui/rules";
import { useIsAtLeast } from "../ui/useRole";
import { Member, Status, Time, TitleOf, User } from "../ui/values";

const STATES = ["applied", "paying", "used", "cancelled", "expired"];

export function ApplicationList() {
  const translate = useTranslate();
  return (
    <ItemList
      create
      hint={translate("resources.applications.hint")}
      filters={[
        <StateInput key="state" source="state" of="application" values={STATES} alwaysOn />,
        <TextInput key="user" source="user_id" alwaysOn />,
        <IntegerInput key="promotion" source="promotion_id" />,
        <IntegerInput key="code" source="promocode_id" />,
      ]}
      columns={COLUMNS.applications}
    />
  );
}

export function ApplicationShow() {
  const translate = useTranslate();
  return (
    <ItemShow<RaRecord>>
      {(application) => {
        const path = `/admin/applications/${application.id}`;
        return (
          <Section title="console.sections.facts" action={<Status of="application" value={application.state} />}>
            <Facts
              items={[
                [
                  "resources.applications.fields.promocode",
                  <TitleOf key="code" resource="promocodes" id={application.promocode_id} />,
                ],
                [
                  "resources.applications.fields.promotion_id",
                  <TitleOf key="promotion" resource="promotions" id={application.promotion_id} />,
                ],
                ["resources.applications.fields.user_id", <User key="user" id={application.user_id} />],
                ["resources.applications.fields.tariff", application.tariff_title],
                ["resources.applications.fields.price", money(application.price)],
                ["resources.applications.fields.discount", money(application.discount)],
                ["resources.applications.fields.total", money(application.total)],
                ["resources.applications.fields.created_at", <Time key="created" value={application.created_at} />],
                ["resources.applications.fields.expires_at", <Time key="expires" value={application.expires_at} />],
                [
                  "resources.applications.fields.cancel_reason",
                  application.cancel_reason && translate(`console.cancel_reasons.${application.cancel_reason}`),
                ],
                [
                  "resources.applications.fields.applied_by",
                  application.applied_by && <Member key="by" id={application.applied_by} />,
                ],
                ["resources.applications.fields.reason", application.reason],
                [
                  "resources.applications.fields.waived",
                  application.waived?.map((rule: string) => translate(`console.rules.${rule}`)).join(", "),
                ],
                [
                  "resources.applications.fields.purchase_id",
                  application.purchase_id && (
                    <OpenLink key="purchase" to={`/purchases/${application.purchase_id}/show`} />
                  ),
                ],
                [
                  "resources.applications.fields.decision",
                  <OpenLink key="decision" to={`/decisions/${application.id}/show`} />,
                ],
              ]}
            />
            {application.state === "applied" && (
              <Box sx={{ display: "flex", gap: 1, mt: 2, flexWrap: "wrap" }}>
                <AskButton
                  name="extend"
                  questions={[
                    { name: "hold_minutes", label: "console.actions.extend.minutes", initial: "60", required: true },
                    reason(),
                  ]}
                  act={({ hold_minutes, reason }) =>
                    send({
                      method: "POST",
                      path: `${path}/extend`,
                      body: { hold_minutes: numberOr(hold_minutes), reason },
                    })
                  }
                />
                <AskButton
                  name="cancel"
                  final
                  questions={[reason()]}
                  act={(body) => send({ method: "POST", path: `${path}/cancel`, body })}
                />
              </Box>
            )}
          </Section>
        );
      }}
    </ItemShow>
  );
}

/** The number, or what was typed instead of one, about which the API complains. */
const numberOr = (text = ""): number | string => (/^\d+$/.test(text.trim()) ? Number(text) : text);

function OpenLink({ to }: { to: string }) {
  const translate = useTranslate();
  return <Link to={to}>{translate("console.open")}</Link>;
}

/** What the page is opened with from others. */
interface Given {
  user_id?: string;
  promocode?: string;
  tariff?: number;
}

/** Applies a code for a user. */
export function ApplicationCreate() {
  const translate = useTranslate();
  const notify = useNotify();
  const navigate = useNavigate();
  const mayWaive = useIsAtLeast("marketer");
  const given = (useLocation().state ?? {}) as Given;
  const { data: tariffs = [] } = useGetList("tariffs", {
    pagination: { page: 1, perPage: 100 },
    filter: { status: "active" },
  });
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [tariff, setTariff] = useState("");
  const first = tariffs[0]?.id;
  useEffect(() => {
    if (tariff === "" && first !== undefined) setTariff(String(given.tariff ?? first));
  }, [first, given.tariff, tariff]);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    setBusy(true);
    setError(undefined);
    try {
      const user_id = await findUser(text("user"));
      if (user_id === undefined) throw new Error(translate("console.users.nobody"));
      const hold = text("hold_minutes");
      const body = {
        user_id,
        promocode: text("promocode"),
        tariff: Number(tariff),
        reason: text("reason"),
        waive: form.getAll("waive"),
        ...(hold === "" ? {} : { hold_minutes: numberOr(hold) }),
      };
      const made = await send<{ application_id: string }>({ method: "POST", path: "/admin/applications", body });
      notify("resources.applications.applied", { type: "success" });
      navigate(`/applications/${made.application_id}/show`);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card sx={{ p: 2, mt: 2, maxWidth: 700 }}>
      <Title title={translate("resources.applications.apply")} />
      <Typography gutterBottom>{translate("resources.applications.apply_text")}</Typography>
      <form onSubmit={submit}>
        <TextField
          name="user"
          label={translate("console.explain.user")}
          helperText={translate("console.explain.user_help")}
          defaultValue={given.user_id ? (emailOf(given.user_id) ?? given.user_id) : ""}
          required
          fullWidth
          margin="normal"
          autoFocus
        />
        <TextField
          name="promocode"
          label={translate("console.explain.promocode")}
          defaultValue={given.promocode ?? ""}
          required
          fullWidth
          margin="normal"
          autoComplete="off"
        />
        <TextField
          select
          name="tariff"
          label={translate("console.explain.tariff")}
          value={tariff}
          onChange={(event) => setTariff(event.target.value)}
          fullWidth
          margin="normal"
          slotProps={{ select: { native: true }, inputLabel: { shrink: true } }}
        >
          {tariffs.map(({ id, title }) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </TextField>
        <TextField
          name="hold_minutes"
          label={translate("resources.applications.fields.hold_minutes")}
          helperText={translate("resources.applications.help.hold_minutes")}
          fullWidth
          margin="normal"
          slotProps={{ htmlInput: { inputMode: "numeric" } }}
        />
        <TextField
          name="reason"
          label={translate("console.reason")}
          helperText={translate("console.reason_help")}
          required
          fullWidth
          margin="normal"
        />
        {mayWaive && (
          <Box component="fieldset" sx={{ border: 0, p: 0, mx: 0, my: 2 }}>
            <Typography component="legend" sx={{ fontWeight: 600 }}>
              {translate("resources.applications.fields.waive")}
            </Typography>
            <Typography variant="body2" color="text.secondary">
              {translate("resources.applications.help.waive")}
            </Typography>
            <FormGroup>
              {WAIVABLE.map((rule) => (
                <FormControlLabel
                  key={rule}
                  control={<Checkbox name="waive" value={rule} size="small" />}
                  label={translate(`console.rules.${rule}`)}
                />
              ))}
            </FormGroup>
          </Box>
        )}
        <Button type="submit" variant="contained" disabled={busy} sx={{ mt: 1 }}>
          {translate("resources.applications.apply")}
        </Button>
        {error !== undefined && <Failure error={error} />}
        <Alert severity="info" sx={{ mt: 2 }}>
          {translate("resources.applications.seen_by_user")}
        </Alert>
      </form>
    </Card>
  );
}

import { Alert, Box, Button, Card, TextField, Typography } from "@mui/material";
import { type FormEvent, useState } from "react";
import { Link, Title, useGetList, useTranslate } from "react-admin";
import { useLocation, useNavigate, useParams } from "react-router-dom";
import type { Schema } from "../api/client";
import { body, client } from "../api/client";
import { ApiError } from "../api/problem";
import { send } from "../api/send";
import { emailOf, findUser, rememberEmail } from "../people";
import { AskButton, Failure, reason } from "../ui/AskDialog";
import { Facts, Section } from "../ui/Facts";
import { Related } from "../ui/Related";
import { useIsAtLeast, useOwnId } from "../ui/useRole";
import { Status, Time } from "../ui/values";

type Account = Schema<"UserBody">;

const ROLES = ["user", "support", "marketer", "admin"];

/** Finds a user by e-mail address. Administrators also get the account. */
export function UserSearch() {
  const translate = useTranslate();
  const navigate = useNavigate();
  const isAdmin = useIsAtLeast("admin");
  const [error, setError] = useState<unknown>();
  const [nobody, setNobody] = useState(false);
  const [busy, setBusy] = useState(false);

  const find = async (typed: string): Promise<[string, Account?] | undefined> => {
    if (!isAdmin || !typed.includes("@")) {
      const id = await findUser(typed);
      return id === undefined ? undefined : [id];
    }
    try {
      const account = await body(client().POST("/admin/users/search", { body: { email: typed } }));
      rememberEmail(account.user_id, account.email);
      return [account.user_id, account];
    } catch (failure) {
      if (failure instanceof ApiError && failure.problem.code === "user_not_found") return undefined;
      throw failure;
    }
  };
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const typed = String(new FormData(event.currentTarget).get("user") ?? "").trim();
    setBusy(true);
    setError(undefined);
    setNobody(false);
    try {
      const found = await find(typed);
      if (found) navigate(`/users/${found[0]}`, { state: found[1] });
      else setNobody(true);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card sx={{ p: 2, mt: 2, maxWidth: 640 }}>
      <Title title={translate("console.menu.users")} />
      <Typography gutterBottom>{translate("console.users.text")}</Typography>
      <Box
        component="form"
        onSubmit={submit}
        sx={{ display: "flex", gap: 2, alignItems: "flex-start", flexWrap: "wrap" }}
      >
        <TextField
          name="user"
          label={translate("console.explain.user")}
          helperText={translate("console.users.recorded")}
          required
          autoFocus
          sx={{ flex: "1 1 260px" }}
          autoComplete="off"
        />
        <Button type="submit" variant="contained" size="large" disabled={busy} sx={{ mt: 0.5 }}>
          {translate("console.users.find")}
        </Button>
      </Box>
      <Box aria-live="polite">
        {nobody && (
          <Alert severity="info" sx={{ mt: 1 }}>
            {translate("console.users.nobody")}
          </Alert>
        )}
        {error !== undefined && <Failure error={error} />}
      </Box>
    </Card>
  );
}

/** Everything about one user. */
export function UserPage() {
  const { id = "" } = useParams();
  const translate = useTranslate();
  const given = useLocation().state as Account | null;
  const [account, setAccount] = useState(given ?? undefined);
  const email = account?.email ?? emailOf(id);
  const filter = { user_id: id };
  const state = { user_id: id };
  return (
    <Box sx={{ mt: 2 }}>
      <Title title={email ?? translate("console.users.user")} />
      <Section
        title="console.users.account"
        action={
          <Box sx={{ display: "flex", gap: 1, flexWrap: "wrap" }}>
            <Button component={Link} to="/explain" state={state} variant="outlined" size="small">
              {translate("console.explain.title")}
            </Button>
            <Button component={Link} to="/applications/create" state={state} variant="outlined" size="small">
              {translate("resources.applications.apply")}
            </Button>
          </Box>
        }
      >
        <Facts
          items={[
            ["console.sign_in.email", email],
            ["console.users.name", account?.name],
            ["console.users.role", account && translate(`console.roles.${account.role}`)],
            ["console.users.status", account && <Status key="status" of="user" value={account.status} />],
            ["console.users.registered", account && <Time key="registered" value={account.created_at} />],
            ["console.users.id", <code key="id">{id}</code>],
          ]}
        />
        {account && <AccountActions account={account} onChange={(change) => setAccount({ ...account, ...change })} />}
      </Section>
      <Related resource="subscriptions" filter={filter} kind="subscriptions" action={<Gift userId={id} />} />
      <Related resource="applications" filter={filter} kind="applications" />
      <Related resource="purchases" filter={filter} kind="purchases" />
      <Related resource="decisions" filter={filter} kind="decisions" />
      <Related resource="groups" filter={filter} kind="groups" />
      <Related resource="promocodes" filter={filter} kind="promocodes" title="console.users.own_codes" />
    </Box>
  );
}

function AccountActions({ account, onChange }: { account: Account; onChange: (change: Partial<Account>) => void }) {
  const isAdmin = useIsAtLeast("admin");
  const ownId = useOwnId();
  const translate = useTranslate();
  if (!isAdmin || account.user_id === ownId) return null;
  const path = `/admin/users/${account.user_id}`;
  const changed = (result: unknown) => onChange(result as Partial<Account>);
  return (
    <Box sx={{ display: "flex", gap: 1, mt: 2, flexWrap: "wrap" }}>
      <AskButton
        name="role"
        questions={[
          {
            name: "role",
            label: "console.users.role",
            initial: account.role,
            choices: ROLES.map((id) => ({ id, name: translate(`console.roles.${id}`) })),
          },
        ]}
        act={({ role }) => send({ method: "PUT", path: `${path}/role`, body: { role } })}
        onDone={changed}
      />
      {account.status === "active" ? (
        <AskButton name="block" final act={() => send({ method: "POST", path: `${path}/block` })} onDone={changed} />
      ) : (
        <AskButton name="unblock" act={() => send({ method: "POST", path: `${path}/unblock` })} onDone={changed} />
      )}
    </Box>
  );
}

/** Gives a subscription, or ends one. */
function Gift({ userId }: { userId: string }) {
  const translate = useTranslate();
  const isAdmin = useIsAtLeast("admin");
  const { data: tariffs = [] } = useGetList("tariffs", { pagination: { page: 1, perPage: 100 } });
  const choices = tariffs.map(({ id, title }) => ({ id: String(id), name: title as string }));
  const tariff = { name: "tariff", label: "console.explain.tariff", choices };
  const units = ["days", "months"].map((id) => ({ id, name: translate(`console.actions.give.${id}`) }));
  if (choices.length === 0) return null;
  return (
    <Box sx={{ display: "flex", gap: 1, flexWrap: "wrap" }}>
      <AskButton
        name="give"
        questions={[
          tariff,
          { name: "length", label: "console.actions.give.length", initial: "7", required: true },
          { name: "unit", label: "console.actions.give.unit", choices: units },
          reason(),
        ]}
        act={(values) => {
          const length = /^\d+$/.test(values.length ?? "") ? Number(values.length) : values.length;
          const given = { [values.unit ?? "days"]: length };
          const request = { user_id: userId, tariff: Number(values.tariff), ...given, reason: values.reason };
          return send({ method: "POST", path: "/admin/subscriptions", body: request });
        }}
      />
      {isAdmin && (
        <AskButton
          name="end"
          final
          questions={[tariff, reason()]}
          act={(values) =>
            send({
              method: "POST",
              path: "/admin/subscriptions/end",
              body: { user_id: userId, tariff: Number(values.tariff), reason: values.reason },
            })
          }
        />
      )}
    </Box>
  );
}

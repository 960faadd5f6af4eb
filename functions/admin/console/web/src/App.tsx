import { lazy, useEffect } from "react";
import { Admin, CustomRoutes, Resource } from "react-admin";
import { BrowserRouter, Navigate, Route } from "react-router-dom";
import { authProvider } from "./api/authProvider";
import { dataProvider } from "./api/dataProvider";
import { current, onChange } from "./api/session";
import { i18nProvider } from "./i18n";
import { Frame } from "./ui/Frame";
import { shortId } from "./ui/format";
import { SignIn } from "./ui/SignIn";
import { darkTheme, lightTheme } from "./ui/theme";

const Tariffs = {
  list: lazy(() => import("./pages/tariffs").then((page) => ({ default: page.TariffList }))),
  show: lazy(() => import("./pages/tariffs").then((page) => ({ default: page.TariffShow }))),
  edit: lazy(() => import("./pages/tariffs").then((page) => ({ default: page.TariffEdit }))),
  create: lazy(() => import("./pages/tariffs").then((page) => ({ default: page.TariffCreate }))),
};
const Campaigns = {
  list: lazy(() => import("./pages/campaigns").then((page) => ({ default: page.CampaignList }))),
  show: lazy(() => import("./pages/campaigns").then((page) => ({ default: page.CampaignShow }))),
  edit: lazy(() => import("./pages/campaigns").then((page) => ({ default: page.CampaignEdit }))),
  create: lazy(() => import("./pages/campaigns").then((page) => ({ default: page.CampaignCreate }))),
};
const Promotions = {
  list: lazy(() => import("./pages/promotions").then((page) => ({ default: page.PromotionList }))),
  show: lazy(() => import("./pages/promotions").then((page) => ({ default: page.PromotionShow }))),
  edit: lazy(() => import("./pages/promotions").then((page) => ({ default: page.PromotionEdit }))),
  create: lazy(() => import("./pages/promotions").then((page) => ({ default: page.PromotionCreate }))),
};
const Codes = {
  list: lazy(() => import("./pages/promocodes").then((page) => ({ default: page.CodeList }))),
  show: lazy(() => import("./pages/promocodes").then((page) => ({ default: page.CodeShow }))),
  edit: lazy(() => import("./pages/promocodes").then((page) => ({ default: page.CodeEdit }))),
  create: lazy(() => import("./pages/promocodes").then((page) => ({ default: page.CodeCreate }))),
};
const Groups = {
  list: lazy(() => import("./pages/groups").then((page) => ({ default: page.GroupList }))),
  show: lazy(() => import("./pages/groups").then((page) => ({ default: page.GroupShow }))),
  edit: lazy(() => import("./pages/groups").then((page) => ({ default: page.GroupEdit }))),
  create: lazy(() => import("./pages/groups").then((page) => ({ default: page.GroupCreate }))),
};
const Decisions = {
  list: lazy(() => import("./pages/decisions").then((page) => ({ default: page.DecisionList }))),
  show: lazy(() => import("./pages/decisions").then((page) => ({ default: page.DecisionShow }))),
};
const Applications = {
  list: lazy(() => import("./pages/applications").then((page) => ({ default: page.ApplicationList }))),
  show: lazy(() => import("./pages/applications").then((page) => ({ default: page.ApplicationShow }))),
  create: lazy(() => import("./pages/applications").then((page) => ({ default: page.ApplicationCreate }))),
};
const Purchases = {
  list: lazy(() => import("./pages/purchases").then((page) => ({ default: page.PurchaseList }))),
  show: lazy(() => import("./pages/purchases").then((page) => ({ default: page.PurchaseShow }))),
};
const AuditList = lazy(() => import("./pages/audit").then((page) => ({ default: page.AuditList })));
const AccountList = lazy(() => import("./pages/audit").then((page) => ({ default: page.AccountList })));
const Explain = lazy(() => import("./pages/explain").then((page) => ({ default: page.Explain })));
const UserSearch = lazy(() => import("./pages/users").then((page) => ({ default: page.UserSearch })));
const UserPage = lazy(() => import("./pages/users").then((page) => ({ default: page.UserPage })));

/** The console: what is offered, what happened to users, and who did what. */
export function App() {
  useOtherTabs();
  return (
    <BrowserRouter basename={import.meta.env.BASE_URL.replace(/\/$/, "")}>
      <Admin
        authProvider={authProvider}
        dataProvider={dataProvider}
        i18nProvider={i18nProvider}
        layout={Frame}
        loginPage={SignIn}
        theme={lightTheme}
        darkTheme={darkTheme}
        requireAuth
        disableTelemetry
      >
        <Resource name="promotions" {...Promotions} recordRepresentation="title" />
        <Resource name="promocodes" {...Codes} recordRepresentation="promocode" />
        <Resource name="campaigns" {...Campaigns} recordRepresentation="title" />
        <Resource name="tariffs" {...Tariffs} recordRepresentation="title" />
        <Resource name="groups" {...Groups} recordRepresentation="title" />
        <Resource name="decisions" {...Decisions} recordRepresentation="promocode" />
        <Resource name="applications" {...Applications} recordRepresentation="promocode" />
        <Resource name="purchases" {...Purchases} recordRepresentation={({ id }) => shortId(String(id))} />
        <Resource name="audit" list={AuditList} />
        <Resource name="accounts" list={AccountList} />
        <CustomRoutes>
          <Route path="/" element={<Navigate to="/promotions" replace />} />
          <Route path="/explain" element={<Explain />} />
          <Route path="/users" element={<UserSearch />} />
          <Route path="/users/:id" element={<UserPage />} />
        </CustomRoutes>
      </Admin>
    </BrowserRouter>
  );
}

/** Follows another tab in which somebody signs out, or in as somebody else: nothing of one person is shown to another. */
function useOtherTabs() {
  useEffect(() => {
    let user = current()?.userId;
    return onChange(() => {
      const now = current()?.userId;
      if (user !== undefined && now !== user) location.assign(`${import.meta.env.BASE_URL}login`);
      user = now;
    });
  }, []);
}

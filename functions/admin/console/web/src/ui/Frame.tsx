import AssignmentIcon from "@mui/icons-material/AssignmentOutlined";
import CampaignIcon from "@mui/icons-material/CampaignOutlined";
import GroupsIcon from "@mui/icons-material/GroupsOutlined";
import HelpIcon from "@mui/icons-material/HelpOutlineOutlined";
import HistoryIcon from "@mui/icons-material/HistoryOutlined";
import OfferIcon from "@mui/icons-material/LocalOfferOutlined";
import PaymentsIcon from "@mui/icons-material/PaymentsOutlined";
import PersonSearchIcon from "@mui/icons-material/PersonSearchOutlined";
import QrIcon from "@mui/icons-material/PinOutlined";
import SellIcon from "@mui/icons-material/SellOutlined";
import ShieldIcon from "@mui/icons-material/ShieldOutlined";
import TimerIcon from "@mui/icons-material/TimerOutlined";
import { Box, Divider, Typography } from "@mui/material";
import type { ReactNode } from "react";
import {
  AppBar,
  Layout,
  type LayoutProps,
  Logout,
  Menu,
  TitlePortal,
  ToggleThemeButton,
  UserMenu,
  useGetIdentity,
  usePermissions,
  useTranslate,
} from "react-admin";
import type { Role } from "../api/session";
import { LanguageButton } from "./LanguageButton";
import { SignInAgain } from "./SignInAgain";
import { useIsAtLeast } from "./useRole";

/** What stands around every page. */
export function Frame(props: LayoutProps) {
  return (
    <>
      <Layout {...props} appBar={Bar} menu={Navigation} />
      <SignInAgain />
    </>
  );
}

function Bar() {
  return (
    <AppBar userMenu={<Account />} toolbar={<Tools />}>
      <TitlePortal />
    </AppBar>
  );
}

function Tools() {
  return (
    <>
      <LanguageButton />
      <ToggleThemeButton />
    </>
  );
}

function Account() {
  const { identity } = useGetIdentity();
  const { permissions } = usePermissions<Role>();
  const translate = useTranslate();
  return (
    <UserMenu label={identity?.fullName}>
      <Box sx={{ px: 2, py: 1 }}>
        <Typography>{identity?.fullName}</Typography>
        <Typography variant="body2" color="text.secondary">
          {identity?.email as string}
        </Typography>
        {permissions && (
          <Typography variant="body2" color="text.secondary">
            {translate(`console.roles.${permissions}`)}
          </Typography>
        )}
      </Box>
      <Divider />
      <Logout />
    </UserMenu>
  );
}

function Navigation() {
  const isAdmin = useIsAtLeast("admin");
  const translate = useTranslate();
  const item = (to: string, icon: ReactNode) => (
    <Menu.Item to={`/${to}`} primaryText={translate(`console.menu.${to}`)} leftIcon={icon} />
  );
  return (
    <Menu>
      <Part name="help" />
      {item("users", <PersonSearchIcon />)}
      {item("explain", <HelpIcon />)}
      {item("decisions", <AssignmentIcon />)}
      {item("applications", <TimerIcon />)}
      {item("purchases", <PaymentsIcon />)}
      <Part name="offer" />
      {item("promotions", <OfferIcon />)}
      {item("promocodes", <QrIcon />)}
      {item("campaigns", <CampaignIcon />)}
      {item("tariffs", <SellIcon />)}
      {item("groups", <GroupsIcon />)}
      <Part name="trace" />
      {item("audit", <HistoryIcon />)}
      {isAdmin && item("accounts", <ShieldIcon />)}
    </Menu>
  );
}

function Part({ name }: { name: string }) {
  const translate = useTranslate();
  return (
    <Typography
      variant="overline"
      color="text.secondary"
      sx={{ px: 2, pt: 1.5, lineHeight: 1.6, whiteSpace: "nowrap", overflow: "hidden" }}
    >
      {translate(`console.menu.${name}`)}
    </Typography>
  );
}
